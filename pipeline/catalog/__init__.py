"""The catalog: what is recorded of photos, scenes and runs, in SQLite or PostgreSQL."""
