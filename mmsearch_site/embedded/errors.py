"""What can go wrong with the embedded PostgreSQL."""


class DatabaseStartError(Exception):
    """The server cannot be started; the sentence says why and what helps."""
