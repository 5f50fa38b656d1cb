"""The things that a question compares or lists, and what it asks of each. No model."""

import re
from collections.abc import Callable

LONGEST = 300  # characters: some rules take time that grows with its square or worse
_FLAGS = re.IGNORECASE
_STOP = r"\s*[?.!]*\s*$"
_ARTICLE = r"(?:the|an?)\s+"
_AUXILIARY = r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)"
_ITEM = r"[^,;?]+?"

_BETWEEN = re.compile(
    rf"\b(?:differences?|distinctions?|comparison|similarit(?:y|ies))\b(?:\s+in\s+(?P<in>{_ITEM}))?"
    rf"\s+between\s+(?P<a>{_ITEM})\s+(?:and|vs\.?)\s+(?P<b>{_ITEM})"
    rf"(?:\s+in\s+(?:terms\s+of\s+)?(?P<of>{_ITEM}))?{_STOP}",
    _FLAGS,
)
_DIFFER = re.compile(
    rf"\bhow\s+(?:do|does|did|is|are)\s+(?P<a>{_ITEM})\s+(?:differ(?:s|ed)?|different)\s+from\s+"
    rf"(?P<b>{_ITEM})(?:\s+in\s+(?:terms\s+of\s+)?(?P<of>{_ITEM}))?{_STOP}",
    _FLAGS,
)
_AND_DIFFER = re.compile(
    rf"\bhow\s+(?:do|does|did)\s+(?P<a>{_ITEM})\s+and\s+(?P<b>{_ITEM})\s+(?:differ|compare)"
    rf"(?:\s+in\s+(?:terms\s+of\s+)?(?P<of>{_ITEM}))?{_STOP}",
    _FLAGS,
)
_COMPARE = re.compile(
    rf"^(?:please\s+)?(?:compare|contrast)\s+(?:(?P<in>(?:the\s+)?[\w\s-]+?)\s+of\s+)?(?P<a>{_ITEM})"
    rf"\s+(?:and|with|to|against)\s+(?P<b>{_ITEM})"
    rf"(?:\s+(?:in|for)\s+(?:terms\s+of\s+)?(?P<of>{_ITEM}))?{_STOP}",
    _FLAGS,
)
_VERSUS = re.compile(
    rf"^(?!(?:who|what|which|where|when|why|how)\b)(?P<a>{_ITEM})\s+(?:vs\.?|versus)\s+(?P<b>{_ITEM})(?:(?:\s+for|\s+in|:)\s+(?P<of>{_ITEM}))?{_STOP}",
    _FLAGS,
)
_EITHER = re.compile(
    rf"^(?P<ask>(?:which|who|what|where)\b[^,;:?]*?)\s*[,:]\s*(?:in\s+|at\s+|on\s+)?(?P<a>{_ITEM})"
    rf",?\s+or\s+(?:in\s+|at\s+|on\s+)?(?P<b>{_ITEM}){_STOP}",
    _FLAGS,
)
_THAN = re.compile(
    rf"^{_AUXILIARY}\s+(?P<a>(?:{_ARTICLE})?{_ITEM})\s+(?P<how>(?:{_ARTICLE})?(?:(?:more|less|fewer"
    rf"|better|worse|farther|further)\b|(?!other\b|rather\b)\w{{2,}}er\b)[^,;?]*?)\s+than\s+(?P<b>{_ITEM}){_STOP}",
    _FLAGS,
)
_BEFORE = re.compile(
    rf"^{_AUXILIARY}\s+(?P<a>(?:{_ARTICLE})?{_ITEM})\s+(?P<how>born|built|died?|found(?:ed)?"
    rf"|invented|discovered|published|released|written|opened|completed|finished|painted|established"
    rf"|constructed|created|formed|elected|happen(?:ed)?|occur(?:red)?)\s+(?:before|after|earlier\s+than|later\s+than)\s+(?P<b>{_ITEM}){_STOP}",
    _FLAGS,
)
_BOTH = re.compile(
    rf"^(?:{_AUXILIARY}\s+)(?:both\s+)(?P<a>{_ITEM})\s+and\s+(?P<b>(?:{_ARTICLE})?[\w'’.-]+"
    rf"(?:\s+[A-Z][\w'’.-]*)*)\s+(?P<how>[^;?]+?){_STOP}"
)
_ARE_BOTH = re.compile(
    rf"^{_AUXILIARY}\s+(?P<a>{_ITEM})\s+and\s+(?P<b>{_ITEM})\s+both\s+(?P<how>[^;?]+?){_STOP}",
    _FLAGS,
)
_FIRST = re.compile(  # "which band was formed first A or B": capitals keep the items apart
    r"^(?P<ask>(?:[Ww]hich|[Ww]ho|[Ww]hat)\b[^,;:?]*?\b(?:first|last|earlier|later|more|\w{2,}er))\s+"
    rf"(?P<a>(?:{_ARTICLE})?[A-Z][^,;?]*?)\s+or\s+(?P<b>(?:{_ARTICLE})?[A-Z][^,;?]*?){_STOP}"
)
_WHICH_OF = re.compile(
    rf"^which\s+(?:one\s+)?(?:of|among)\s+(?P<list>{_ITEM}(?:,{_ITEM})*,?\s+(?:and|or)\s+"
    rf"(?:{_ARTICLE})?[\w'’.-]+(?:\s[A-Z][\w'’.-]*)*),?\s+(?P<how>[^,;?]+?){_STOP}"
)
_LIST = re.compile(
    rf"^(?P<ask>(?:what|which|who|where|when|how)\b[^,;?]*\b(?:of|for|in|by|from|to)\s+)"
    rf"(?P<list>{_ITEM}(?:,{_ITEM})+,?\s+(?:and|or)\s+{_ITEM})"
    rf"(?P<rest>\s+(?:in|at|on|for|during|have|has|work|mean|differ)\b[^,;?]*)?{_STOP}",
    _FLAGS,
)
_EACH = re.compile(
    rf"^(?P<ask>(?:what|which|who|where|when|how)\b[^,;?]*?\b(?:of|for|in|by|from|to|with)\s+)"
    rf"(?:both\s+)?(?P<list>{_ITEM}\s+and\s+{_ITEM}),?\s+(?:respectively|each){_STOP}"
    rf"|^(?P<ask2>(?:what|which|who|where|when|how)\b[^,;?]*?\b)both\s+(?P<list2>{_ITEM}\s+and\s+"
    rf"{_ITEM}){_STOP}",
    _FLAGS,
)
_PREPOSITION = r"(?P<prep>of|in|for|by|from|on|at|to)"
_REPEATED = re.compile(
    rf"^(?P<ask>(?:what|which|who|where|when|how)\b[^,;?]*?)\s+{_PREPOSITION}\s+(?P<a>{_ITEM})"
    rf"\s+and\s+(?P=prep)\s+(?P<b>{_ITEM}){_STOP}",
    _FLAGS,
)
_SEPARATOR = re.compile(r",?\s+(?:and|or)\s+|\s*,\s*", _FLAGS)
_ADDITION = re.compile(r"^(?:and|or|also|both|the rest|others?|so on|such|etc\.?)\b", _FLAGS)
_NO_THING = re.compile(
    r"^(?:it|they|he|she|we|you|i|this|that|these|those|there|more|\W*\d.*|\w+ed|usual|ever|average"
    r"|(?:an?|one|two|three|half)\s+(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?))\b(?!\s+\w)",
    _FLAGS,
)
_ASKS_ONE = re.compile(r"\b(?:is|was|does|has)\b", _FLAGS)
_ASKS_WHICH = re.compile(
    rf"^(?:(?:which|who|what|where)\s+)(?:(?:one|of\s+(?:them|these|the\s+two))\s+)?(?:{_AUXILIARY}\s+)?",
    _FLAGS,
)


def items_asked(question: str) -> tuple[str, ...]:
    """What is asked of each thing that the question compares or lists; empty for a single one.

    The rules read English, up to 300 characters: a longer text is no comparison. A pair joined by
    "and" alone is left together, for it may be one name.
    """
    text = question.strip()
    if len(text) > LONGEST:
        return ()
    for rule in _RULES:
        found = tuple(dict.fromkeys(" ".join(one.split()) for one in rule(text)))
        if len(found) > 1:
            return found
    return ()


def _pair(text: str, pattern: re.Pattern[str]) -> list[str]:
    """Both things with what they are compared in: "melting point of iron"."""
    match = pattern.search(text)
    if match is None or not all(map(_is_thing, match.group("a", "b"))):
        return []
    groups = match.groupdict()
    topic, field = _bare(groups.get("in") or ""), _bare(groups.get("of") or "")
    items = [_bare(item) for item in match.group("a", "b")]
    return [f"{topic} of {item}" if topic else f"{item} {field}" for item in items]


def _said_of_both(text: str, pattern: re.Pattern[str]) -> list[str]:
    """Both things with what is said of them: "copper better conductor"."""
    match = pattern.search(text[:1].lower() + text[1:])
    if match is None or not all(map(_is_thing, match.group("a", "b"))):
        return []
    how = re.sub(rf"^{_ARTICLE}", "", match["how"], flags=_FLAGS)
    return [f"{match['a']} {how}", f"{match['b']} {how}"]


def _either(text: str) -> list[str]:
    match = _EITHER.search(text) or _FIRST.search(text)
    if match is None:
        return []
    asked = _ASKS_WHICH.sub("", match["ask"])
    return [f"{_bare(item)} {asked}" for item in match.group("a", "b")]


def _which_of(text: str) -> list[str]:
    match = _WHICH_OF.search(text[:1].lower() + text[1:])
    return [f"{item} {match['how']}" for item in _items(match["list"])] if match else []


def _listed(text: str) -> list[str]:
    match = _LIST.search(text)
    if match is None:
        return []
    items = _items(match["list"])
    if _ASKS_ONE.search(match["ask"]) and all(item[0].isupper() for item in items):
        return []  # "the office of Smith, Jones and Partners" is one office
    rest = (match["rest"] or "").rstrip()
    return [f"{match['ask']}{item}{rest}" for item in items]


def _each(text: str) -> list[str]:
    match = _EACH.search(text)
    if match is None:
        return []
    items = _items(match["list"] or match["list2"])
    if match["ask2"] and not all(_bare(item)[:1].isupper() for item in items):
        return []  # "both inflationary and deflationary impacts" is one thing
    return [f"{match['ask'] or match['ask2']}{item}" for item in items]


def _repeated(text: str) -> list[str]:
    match = _REPEATED.search(text)
    if match is None:
        return []
    return [f"{match['ask']} {match['prep']} {item}" for item in match.group("a", "b")]


def _items(listed: str) -> list[str]:
    """The things of "A, B and C"; none when one of them is no thing."""
    items = [item.strip() for item in _SEPARATOR.split(listed) if item.strip()]
    if any(_ADDITION.match(item) or len(item.split()) > 6 for item in items):
        return []
    return items


def _is_thing(item: str) -> bool:
    return bool(item.strip()) and not _NO_THING.search(item.strip())


def _bare(text: str) -> str:
    """Without the article, or "that of", before it."""
    return re.sub(
        rf"^(?:{_ARTICLE}|in\s+|(?:that|those)\s+(?:of|on|in|for|from|at)\s+)+",
        "",
        text.strip(),
        flags=_FLAGS,
    )


_RULES: tuple[Callable[[str], list[str]], ...] = (
    lambda text: _pair(text, _BETWEEN),
    lambda text: _pair(text, _DIFFER),
    lambda text: _pair(text, _AND_DIFFER),
    lambda text: _pair(text, _COMPARE),
    lambda text: _pair(text, _VERSUS),
    lambda text: _said_of_both(text, _THAN),
    lambda text: _said_of_both(text, _BEFORE),
    lambda text: _said_of_both(text, _BOTH),
    lambda text: _said_of_both(text, _ARE_BOTH),
    _either,
    _which_of,
    _each,
    _listed,
    _repeated,
)
