"""One contract for everything a language model may answer with.

Orders, scores and single choices are read from JSON, from ``[3] > [1]`` and from ``A, C, B``.
Reasoning is set aside; what is unknown or repeated is dropped, what is missing is left to the
caller, who puts it back in first-stage order. Nothing here raises, whatever the text.
"""

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LONGEST = 100_000  # characters that are read of an answer
_THOUGHT_END = re.compile(r"</(?:think|thinking|reasoning|thought|reason)>", re.IGNORECASE)
_THOUGHT_START = re.compile(r"<(?:think|thinking|reasoning|thought|reason)>", re.IGNORECASE)
_ANSWER = re.compile(r"<answer>(.*?)(?:</answer>|\Z)", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"```[a-z]*", re.IGNORECASE)
_BRACKETED = re.compile(r"\[\s*([A-Za-z]|\d{1,6})\s*\]")
_WORDS = re.compile(
    r"\b(?:passages?|documents?|docs?|ids?|candidates?|and|then|no|number)\b\.?|#", re.I
)
_NUMBERING = re.compile(r"^\s*\d{1,3}\s*[.)]\s+(?=\S)")
_PAIR = re.compile(
    r"\[?\s*\b([A-Za-z]|\d{1,6})\s*\]?\s*[\"']?\s*[:=→-]+>?\s*[\"']?(-?\d{1,6}(?:\.\d{1,6})?)\b"
)
_INTEGER = re.compile(r"(?<![\w.])(-?\d{1,3})(?![\w]|\.\d)")
_LABEL = re.compile(r"\A\W*([A-Za-z]|\d{1,6})\W*\Z")
_BETWEEN = re.compile(r"[\s,;>=|/→-]+")
_BARE = re.compile(r"[A-Za-z]|\d{1,6}")
_CHAIN = re.compile(r"(?:\[\s*\w{1,6}\s*\]\s*(?:[>,;=→]|\bthen\b)+\s*)+\[\s*\w{1,6}\s*\]")
_ID_KEYS = ("id", "index", "passage", "document", "label", "identifier")
_ORDER_KEYS = ("ranking", "order", "ranked", "ids", "result", "results", "answer", "passages")
_SCORE_KEYS = ("score", "relevance", "value", "rating", "grade")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What could be read: places in the list of labels, best first, or a score for each place.

    ``repaired``: something unknown, repeated or out of range was in it, or something is missing.
    """

    order: tuple[int, ...] = ()
    scores: Mapping[int, float] = field(default_factory=dict)
    expected: int = 0
    repaired: bool = False

    @property
    def parse_rate(self) -> float:
        """The share of the labels that was found, 0..1."""
        found = max(len(self.order), len(self.scores))
        return found / self.expected if self.expected else 1.0


def spoken(text: str) -> str:
    """The answer proper: without reasoning, inside its answer tag where it has one."""
    text = text[:LONGEST]
    ends = list(_THOUGHT_END.finditer(text))
    behind = text[ends[-1].end() :] if ends else text
    text = behind if behind.strip() else text  # thoughts may also follow the answer
    text = _THOUGHT_START.split(text)[0]
    answers = _ANSWER.findall(text)
    if answers:
        text = answers[-1]
    return unicodedata.normalize("NFKC", _FENCE.sub(" ", text)).strip()


def parse_order(text: str, labels: Sequence[str]) -> Parsed:
    """An order of the labels, best first; those not named are not in it."""
    answer = spoken(text)
    named = _named_in_json(answer)
    if named is None:
        named = _bracketed(answer) or _named_in_list(answer)
    places, dropped = _places(named, labels)
    return Parsed(tuple(places), {}, len(labels), dropped or len(places) < len(labels))


def parse_best(text: str, labels: Sequence[str]) -> Parsed:
    """The one label chosen; ``order`` holds it, or nothing."""
    found = parse_order(text, labels)
    return Parsed(found.order[:1], {}, 1, len(found.order) != 1)


def parse_scores(text: str, labels: Sequence[str], *, low: float = 0, high: float = 10) -> Parsed:
    """A score for each label, clamped to ``low``..``high``; others are not in it."""
    answer = spoken(text)
    pairs = _scored_in_json(answer, labels)
    if pairs is None:
        pairs = _PAIR.findall(answer)
    known = {label.casefold(): place for place, label in enumerate(labels)}
    scores: dict[int, float] = {}
    odd = False
    for name, value in pairs:
        place, number = known.get(_label(name) or ""), _number(value)
        if place is None or number is None or place in scores:
            odd = True
            continue
        scores[place] = min(max(number, low), high)
        odd = odd or scores[place] != number
    return Parsed((), scores, len(labels), odd or len(scores) < len(labels))


def parse_integer(text: str, *, low: int = 0, high: int = 10) -> tuple[int, str] | None:
    """The integer an answer ends with, clamped, and its digits as written; None if there is none.

    ``7/10`` is 7; an answer tag wins over what stands around it; more than three digits are no
    grade.
    """
    answer = re.sub(r"(\d)\s*(?:/|out of)\s*\d+", r"\1", spoken(text))
    found = _INTEGER.findall(answer)
    if not found:
        return None
    return min(max(int(found[-1]), low), high), found[-1]


def complete(order: Sequence[int], count: int) -> list[int]:
    """The order with every missing place of ``range(count)`` behind it, in first-stage order."""
    seen = set(order)
    return [*order, *(place for place in range(count) if place not in seen)]


def _places(names: Iterable[Any], labels: Sequence[str]) -> tuple[list[int], bool]:
    """Places of the names among the labels, first mention first; whether some were dropped."""
    known = {label.casefold(): place for place, label in enumerate(labels)}
    places: list[int] = []
    dropped = False
    for name in names:
        place = known.get(_label(name) or "")
        if place is None or place in places:
            dropped = True
        else:
            places.append(place)
    return places, dropped


def _label(name: Any) -> str | None:
    if isinstance(name, Mapping):
        name = next((name[key] for key in _ID_KEYS if key in name), None)
    if isinstance(name, bool) or not isinstance(name, int | str):
        return None
    if isinstance(name, int):
        return str(name) if 0 <= name < 10**6 else None
    found = _LABEL.match(_WORDS.sub(" ", name[:100]))
    if not found:
        return None
    return str(int(found[1])) if found[1].isdigit() else found[1].casefold()


def _number(value: Any) -> float | None:
    if isinstance(value, Mapping):
        value = next((value[key] for key in _SCORE_KEYS if key in value), None)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        value = value[:50].split("/")[0]
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _json(text: str) -> Any:
    """The first JSON object or list of two and more in the text; None if there is none."""
    decoder = json.JSONDecoder(object_pairs_hook=_first_wins)
    for start in [found.start() for found in re.finditer(r"[{\[]", text)][:20]:
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        is_whole = start == 0 and end == len(text)
        if isinstance(value, dict) or is_whole or len(value) > 1:
            return value
    return None


def _first_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        found.setdefault(key, value)
    return found


def _named_in_json(text: str) -> list[Any] | None:
    value = _json(text)
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return None
    for key in _ORDER_KEYS:
        inner = value.get(key)
        if isinstance(inner, list):
            return inner
        if isinstance(inner, str | int) and not isinstance(inner, bool):
            return _bracketed(str(inner)) or _named_in_list(str(inner))
    if any(key in value for key in _ID_KEYS):
        return [value]
    scored = [(key, _number(number)) for key, number in value.items()]
    rated = [(key, number) for key, number in scored if number is not None]
    return [key for key, _ in sorted(rated, key=lambda pair: -pair[1])]


def _scored_in_json(text: str, labels: Sequence[str]) -> list[tuple[Any, Any]] | None:
    value = _json(text)
    if isinstance(value, dict):
        inner = next((value[k] for k in ("scores", *_SCORE_KEYS, *_ORDER_KEYS) if k in value), None)
        value = inner if isinstance(inner, dict | list) else value
    if isinstance(value, dict):
        return list(value.items())
    if not isinstance(value, list) or not value:
        return None
    if all(isinstance(item, Mapping) for item in value):
        return [(item, item) for item in value]
    if len(value) == len(labels) and not any(isinstance(item, list) for item in value):
        return list(zip(labels, value, strict=True))
    return None


def _bracketed(text: str) -> list[str]:
    """Bracketed labels: those of the longest chain ``[a] > [b]``, else all."""
    chain = max(_CHAIN.findall(text), key=len, default="")
    return _BRACKETED.findall(chain or text)


def _named_in_list(text: str) -> list[str]:
    """Labels of the lines that hold nothing but labels, or nothing else behind their colon."""
    named: list[str] = []
    for numbered in text.splitlines():
        line = _NUMBERING.sub("", numbered)
        part = line.partition(":")[2] if ":" in line else line
        tokens = [token.strip("()[]{}.\"'*") for token in _BETWEEN.split(_WORDS.sub(" ", part))]
        tokens = [token for token in tokens if token]
        if tokens and all(_BARE.fullmatch(token) for token in tokens):
            named += tokens
    return named
