"""Where something comes from and what came of it: file → version → fine-tune → model → what rests on it."""
