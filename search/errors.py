"""What can go wrong in search, each with a sentence for the person who asked."""


class SearchError(Exception):
    """A sentence that may be shown to a user."""


class ConfigurationError(SearchError):
    """A setting cannot work; the message names it and the remedy."""


class ModelMissingError(SearchError):
    """Weights or a library that an encoder or reranker needs are not here."""


class QueryError(SearchError):
    """The question cannot be asked like this."""


class NotVisibleError(SearchError):
    """The asker may not see this, or it does not exist: the two look the same."""
