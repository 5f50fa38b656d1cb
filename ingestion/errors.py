"""What can go wrong on a document's way in, each with a sentence for the uploader."""


class IngestError(Exception):
    """A permanent refusal: the sentence says what is wrong and what would help."""


class UnsupportedFormatError(IngestError):
    """Not a format we read."""


class TooLargeError(IngestError):
    """Over a limit; the sentence names both."""


class NoSpaceError(IngestError):
    """The disk is too full to take more in."""


class TransientError(Exception):
    """May pass: the step is tried again."""


class PausedError(TransientError):
    """A step made way for others before it was done; it goes on where it stopped."""


class ChildDiedError(TransientError):
    """The parsing child crashed or ran over a limit; counts as one try."""
