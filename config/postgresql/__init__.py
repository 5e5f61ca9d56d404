"""Django's own way to PostgreSQL, which reads moments faster."""
