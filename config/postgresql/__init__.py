"""Django's own way to PostgreSQL, which reads moments faster and keeps to what a statement may carry."""
