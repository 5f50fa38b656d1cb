"""Placeholder facade of the embedded PostgreSQL, replaced by the real one at once."""
