"""Hand out all that is here of one fine-tune: tables, TensorBoard's events, pictures, a page, and all of it as one ZIP."""
