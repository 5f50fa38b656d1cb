"""The PostgreSQL that MMSearch brings along: where it lives, who runs it, how it starts and stops."""
