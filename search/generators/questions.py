"""What a question asks for: its parts, the words of each, and the kind of answer wanted."""

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from search.generators.terms import content_terms, guess_language, stems, stopwords, terms

_ASKING = (
    r"(?:who|whom|whose|when|where|why|what|which|how|wer|wem|wen|wessen|wann|wo|woher|wohin|warum"
    r"|weshalb|was|welche[mnrs]?|wie|qui|quand|où|pourquoi|combien|quel(?:le)?s?|quién(?:es)?"
    r"|cuándo|dónde|cuánt[oa]s?|cuál(?:es)?|chi|quando|dove|perché|quant[oaie])"
)
_BEFORE = r"(?:(?:in|on|at|by|from|for|to|with|of|since|until|aus|von|seit|bis)\s+)?"
_AND_ASKING = re.compile(
    rf",?\s+(?:and|und|et|y|e|en|as well as)\s+(?={_BEFORE}{_ASKING}\b)", re.IGNORECASE
)
_COMMA_ASKING = re.compile(rf",\s+(?={_BEFORE}{_ASKING}\b)", re.IGNORECASE)
_ASKS = re.compile(rf"\b{_ASKING}\b", re.IGNORECASE)
_POINTS_BACK = re.compile(
    r"\b(?:it|its|he|him|his|she|her|they|them|their|this|that|these|those|there|er|sie|es|ihn|ihm"
    r"|ihr|sein|dies\w*|il|elle|ils|elles|lo|la|su)\b",
    re.IGNORECASE,
)
_HOW = re.compile(r"\bhow(?: (?:far|long|deep|high|tall|fast|many|much|often|old))?\b", re.I)
_ENDS = re.compile(r"[?？;]+\s*")


class Wanted(StrEnum):
    """The kind of thing that would answer."""

    PERSON = "person"
    TIME = "time"
    NUMBER = "number"
    MEASURE = "measure"
    PLACE = "place"
    REASON = "reason"


FIGURES = frozenset({Wanted.TIME, Wanted.NUMBER, Wanted.MEASURE})

_WANTED = (
    (
        Wanted.TIME,
        r"\bwhen\b|\b(?:what|which) (?:\w+ )?(?:year|date|day|month|century|decade|time|era)s?\b"
        r"|\bhow long ago\b|\bwann\b|\bwelche[mnrs]? (?:jahr|tag|monat|jahrhundert)|\bquand\b"
        r"|\bquelle année\b|\bcuándo\b|\bqué año\b|\bquando\b",
    ),
    (
        Wanted.MEASURE,
        r"\bhow (?:far|tall|high|deep|fast|heavy|wide|thick|hot|cold|old|large|big|long(?! ago))\b"
        r"|\b(?:what|which) (?:\w+ )?(?:distance|height|depth|speed|weight|width|temperature|age"
        r"|length|size|area|range|velocity)\b|\bwie (?:weit|hoch|tief|schnell|schwer|breit|lange?"
        r"|alt|groß|heiß)\b",
    ),
    (
        Wanted.NUMBER,
        r"\bhow (?:many|much|often)\b|\b(?:what|which) (?:\w+ )?(?:percent(?:age)?|number|amount"
        r"|proportion|fraction|share|score|cost|price|population|rate)\b|\bwie ?viele?\b"
        r"|\bcombien\b|\bcuánt[oa]s?\b|\bquant[oaie]\b",
    ),
    (Wanted.PERSON, r"\bwho(?:m|se)?\b|\bwe(?:r|m|n|ssen)\b|\bqui\b|\bquién(?:es)?\b|\bchi\b"),
    (
        Wanted.PLACE,
        r"\bwhere\b|\b(?:what|which) (?:\w+ )?(?:city|country|place|town|state|region|island|river"
        r"|location|county|village|continent)\b|\bwo(?:her|hin)?\b|\boù\b|\bdónde\b|\bdove\b",
    ),
    (Wanted.REASON, r"\bwhy\b|\bfor what reason\b|\bwarum\b|\bweshalb\b|\bpourquoi\b|\bperché\b"),
)
_WANTED_PATTERNS = tuple((kind, re.compile(pattern, re.I)) for kind, pattern in _WANTED)

_MONTH = (
    r"jan(?:uary|uar)?|feb(?:ruary|ruar)?|march|märz|april|mai|june?i?|july?i?|aug(?:ust)?"
    r"|sept(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?"
)
_TIME = re.compile(
    rf"\b(?:1\d{{3}}|20\d{{2}})(?:s|[–-]\d{{2,4}})?\b|\b(?:{_MONTH})\b|\b\d{{1,2}}:\d{{2}}\b"
    r"|\b(?:century|centuries|decade|jahrhundert|siècle|siglo|years? (?:ago|later|earlier|old))\b"
    r"|\b\d{3,4} (?:bc|ad|bce|ce)\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b",
    re.IGNORECASE,
)
_COUNT = (
    r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty"
    r"|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion|dozen|half|third|quarter"
    r"|double|twice|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|hundert|tausend"
    r"|million(?:en)?|milliarden?|hälfte)"
)
_NUMBER = re.compile(rf"\d|[½¼¾]|\b(?:one|{_COUNT})\b", re.IGNORECASE)
_UNIT = (
    r"(?:%|°|[kcmµn]?m\b|km|mi\b|miles?|met(?:re|er)s?|kilomet|centimet|millimet|feet|foot|ft\b"
    r"|inch|yards?|acres?|hectares?|sq|square|k?g\b|kilo|pounds?|tons?|tonnes?|seconds?|minutes?"
    r"|hours?|days?|weeks?|months?|years?|k?m/[sh]|mph|knots?|[kmg]?hz|k?w\b|watts?|volts?|bytes?"
    r"|litres?|liters?|degrees?|percent|fathoms?|nautical|leagues?|meilen?|jahre?|stunden?|tage?)"
)
_MEASURE = re.compile(
    rf"(?:\d[\d.,]*|[½¼¾]|\b{_COUNT}\b)[\s-]*(?:{_COUNT}[\s-]*)?{_UNIT}", re.IGNORECASE
)
_REASON = re.compile(
    r"\b(?:because|due to|owing to|in order to|so that|since|as a result|reason|caused?|therefore"
    r"|to (?:avoid|prevent|protect|reduce|increase|help|make|allow|keep|save)|thanks to|weil|da|um"
    r"|wegen|aufgrund|damit|parce que|afin de|porque|debido)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:in|at|near|from|to|on|off|into|of|im|bei|aus|nach|à|en)\s+(?:the\s+)?(?=[^\W\d_])", re.I
)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is asked. ``borrowed`` words stand in the other parts of the question."""

    text: str
    own: frozenset[str]
    borrowed: frozenset[str]
    wanted: frozenset[Wanted]
    pairs: frozenset[frozenset[str]] = frozenset()  # words that stand side by side in it
    asking: str = ""  # "how", "how far": words that a sentence about the question repeats


def parts(question: str, language: str) -> tuple[Part, ...]:
    """The things a question asks, in its order; one that asks nothing else is one part.

    "Who drew it and when" are two; the second borrows the first one's words.
    """
    pieces = [piece for piece in _pieces(" ".join(question.split())) if terms(piece)]
    told = [[piece[t.start : t.end] for t in content_terms(piece, language)] for piece in pieces]
    orders = [[term.stem for term in content_terms(piece, language)] for piece in pieces]
    if not any(orders):  # nothing but stop words: then they are what is asked for
        orders = [[term.stem for term in terms(piece, language)] for piece in pieces]
    everything = frozenset(stem for order in orders for stem in order)
    found = []
    for piece, order in zip(pieces, orders, strict=True):
        own = frozenset(order)
        leans = len(own) < 2 or _POINTS_BACK.search(piece)
        context = everything - own if leans else frozenset()
        others = [w for p, words in zip(pieces, told, strict=True) if p != piece for w in words]
        text = f"{piece} ({' '.join(others)})" if context else piece
        pairs = frozenset(frozenset(pair) for pair in pairwise(order))
        found.append(Part(text, own, context, wanted(piece), pairs, _asking(piece)))
    return tuple(found)


def wanted(question: str) -> frozenset[Wanted]:
    """The kinds of answer the words of asking call for; empty when they do not say."""
    found = {kind for kind, pattern in _WANTED_PATTERNS if pattern.search(question)}
    if Wanted.TIME in found or Wanted.MEASURE in found:
        found -= {Wanted.NUMBER}
    return frozenset(found)


def offers(kind: Wanted, sentence: str, asked: frozenset[str], language: str = "en") -> float:
    """How well a sentence holds something of that kind that the question does not name, 0..1."""
    match kind:
        case Wanted.TIME:
            return _new_match(_TIME, sentence, asked, language)
        case Wanted.NUMBER:
            return _new_match(_NUMBER, sentence, asked, language)
        case Wanted.MEASURE:
            exact = _new_match(_MEASURE, sentence, asked, language)
            return exact or 0.4 * _new_match(_NUMBER, sentence, asked, language)
        case Wanted.REASON:
            return float(bool(_REASON.search(sentence)))
        case Wanted.PERSON:
            return _new_name(sentence, asked, language)
        case Wanted.PLACE:
            return _new_place(sentence, asked, language)


def language_of(question: str) -> str:
    """The language a question is asked in, as far as its stop words tell."""
    return guess_language(question)


def _asking(piece: str) -> str:
    """Words of asking that a sentence about the question would repeat: "how", "how far"."""
    match = _HOW.search(piece)
    return match.group().casefold() if match else ""


def _pieces(question: str) -> list[str]:
    found: list[str] = []
    for sentence in _ENDS.split(question):
        clauses = _AND_ASKING.split(sentence)
        if len(clauses) > 1 and _ASKS.search(clauses[0]):
            clauses = [piece for clause in clauses for piece in _COMMA_ASKING.split(clause)]
        else:
            clauses = [sentence]
        found += [clause.strip(" ,") for clause in clauses if clause.strip(" ,")]
    return found


def _new_match(
    pattern: re.Pattern[str], sentence: str, asked: frozenset[str], language: str
) -> float:
    for match in pattern.finditer(sentence):
        around = sentence[match.start() :].split(maxsplit=1)[0]
        if not stems(terms(around, language)) <= asked:
            return 1.0
    return 0.0


def _new_name(sentence: str, asked: frozenset[str], language: str) -> float:
    """1 for a name of two words that the question does not hold, less for one word."""
    best, run = 0.0, 0
    silent = stopwords(language)
    for term in terms(sentence, language):
        word = sentence[term.start : term.end]
        is_name = word[0].isupper() and word.casefold() not in silent
        run = run + 1 if is_name and term.stem not in asked else 0
        if run:
            best = max(best, 1.0 if run > 1 else 0.3 if term.start == 0 else 0.7)
    return best


def _new_place(sentence: str, asked: frozenset[str], language: str) -> float:
    for match in _PLACE.finditer(sentence):
        word = terms(sentence[match.end() : match.end() + 40], language)[:1]
        if not word:
            continue
        first = sentence[match.end() + word[0].start]
        if first.isupper() and word[0].stem not in asked:
            return 1.0
    return 0.5 * _new_name(sentence, asked, language)
