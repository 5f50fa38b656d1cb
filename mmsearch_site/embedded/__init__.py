"""The PostgreSQL that MMSearch brings along: where it lives, how it starts and stops."""
