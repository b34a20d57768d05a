"""Database access: models, engine, the one seam between SQLite and PostgreSQL."""
