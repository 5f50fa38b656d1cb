"""What kind of question it is, and which retrievers such a question should trust."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from search.generators.terms import content_terms, guess_language, terms
from search.transforms.decompose import sub_questions
from search.transforms.normalise import Understood, understand


class QueryClass(StrEnum):
    """Kinds of questions that are looked for in different ways."""

    LEXICAL = "lexical"  # the words themselves: identifiers, quotes, a term or two
    SEMANTIC = "semantic"  # what is meant
    REASONING = "reasoning"  # why and how: the answer's words differ from the question's
    MULTIHOP = "multihop"  # more than one thing has to be found
    VISUAL = "visual"  # how something looks
    TEMPORAL = "temporal"  # at what time, or what at a time
    CLAIM = "claim"  # a statement to be supported or refuted


@dataclass(frozen=True, slots=True)
class Route:
    """The class of a question, why, and factors for the weights of retrievers by kind.

    ``toward_words`` is for bm25 and sparse retrievers, ``toward_meaning`` for the dense ones; they
    sum to 2.
    """

    kind: QueryClass
    reason: str
    toward_words: float = 1.0
    toward_meaning: float = 1.0

    def weights(self, base: Mapping[str, float]) -> dict[str, float]:
        """The weights of a recipe, shifted."""
        return {
            name: weight * (self.toward_words if _reads_words(name) else self.toward_meaning)
            for name, weight in base.items()
        }


SHIFT = 0.4  # of one; identifiers and quotes toward words
MILD_SHIFT = 0.2  # long natural questions toward meaning
LONG = 6  # content words from which a natural question is long
_WORD_RETRIEVERS = ("bm25", "sparse")

_VISUAL = re.compile(
    r"\b(?:pictures?|photos?|photographs?|images?|drawings?|diagrams?|figures?|charts?|plots?"
    r"|screenshots?|paintings?|logos?|frames?|scenes?|clips?|footage|videos?|slides?|maps?) "
    r"(?:of|that|which|show\w*|with|where|in which)\b|\blooks? like\b"
    r"|\bwhat (?:does|do|did) .+ look like\b|\bshow (?:me|us)\b"
    r"|\bshowing\b|\bwhat colou?r\b|\bwhich colou?rs?\b|\bis wearing\b"
    r"|\b(?:zeig|bild(?:er)? von|foto von)\b",
    re.IGNORECASE,
)
_TEMPORAL = re.compile(
    r"\bwhen\b(?! (?:is it|are they) (?:safe|right|best)\b)|\b(?:what|which) (?:year|date|day|month"
    r"|century|decade|time|minute|era|moment)s?\b|\bhow long ago\b|\bsince when\b|\buntil when\b"
    r"|\bfirst time\b|\blast time\b|\b(?:before|after|during|between|since|until|in|by) (?:the )?"
    r"(?:1[5-9]\d\d|20\d\d)s?\b|\b(?:latest|most recent|this (?:week|month|year)|last (?:week|month"
    r"|year)|yesterday|today)\b|\bwann\b|\bseit wann\b|\bquand\b|\bcuándo\b|\bquando\b",
    re.IGNORECASE,
)
_REASONING = re.compile(
    r"^\W*why\b|\bhow (?:does|do|did|could|would|can|might|should|come)\b|\bexplain\b|\bwhat "
    r"(?:would|could|might) (?:happen|follow|be the (?:effect|consequence))"
    r"|\bwhat (?:are|were|is|was) the (?:\w+ ){0,2}"
    r"(?:reasons?|causes?|consequences?|implications?|effects?|mechanisms?)\b"
    r"|\bfor what reason\b|\bprove\b|\bderive\b|\bshould (?:i|we|one)\b|\bwhat if\b|^\W*(?:warum"
    r"|weshalb|pourquoi|perché)\b|\bpor qué\b",
    re.IGNORECASE,
)
_BRIDGE = re.compile(
    r"\b(?:who|what|which|where|when|how)\b.+\b(?:of|by|in|from|with|to) (?:the|a|an) [\w\s-]+? "
    r"(?:that|which|who|whose|where) \w+",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"^\W*(?:who|whom|whose|what|which|where|when|why|how|is|are|was|were|do|does|did|can|could"
    r"|should|will|would|has|have|tell|find|list|name|give|describe|explain|show|compare|wer|wem|wen"
    r"|was|welche[rsmn]?|wo|wie|warum|ist|sind|qui|que|quel(?:le)?s?|où|comment|combien|est-ce|quién"
    r"|qué|cuál|dónde|cómo|chi|che|dove|come|quale)\b",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"\b(?:is|are|was|were|has|have|had|does|do|did|can|cannot|will|causes?|caused|increases?|increased"
    r"|decreases?|decreased|reduces?|reduced|improves?|improved|leads?|led|prevents?|prevented"
    r"|induces?|inhibits?|requires?|contains?|occurs?|shows?|showed|promotes?|affects?|regulates?"
    r"|activates?|results?|enhances?|plays?|makes?|won|wrote|invented|discovered|died|became|lies)\b",
    re.IGNORECASE,
)


def route(question: str, understood: Understood | None = None) -> Route:
    """The class of a question, by rules; they read English, and a little of other languages.

    The sizes of the shifts were set by hand and not fitted: equal weights are the default of
    fusion, and fitted ones (``fit_linear``) should replace them where there are judgments.
    """
    known = understood or understand(question)
    language = guess_language(known.text)
    if _VISUAL.search(known.text):
        return Route(QueryClass.VISUAL, "It asks how something looks.")
    exact = _exact(known)
    if exact:
        return Route(QueryClass.LEXICAL, exact, 1 + SHIFT, 1 - SHIFT)
    if sub_questions(known.text, language):
        return Route(QueryClass.MULTIHOP, "It asks several things.")
    if _BRIDGE.search(known.text):
        return Route(QueryClass.MULTIHOP, "It asks about something it only describes.")
    return _by_words(known, language)


def _by_words(known: Understood, language: str) -> Route:
    said = len(content_terms(known.text, language))
    toward_meaning = 1 + MILD_SHIFT if said >= LONG else 1.0
    toward_words = 2 - toward_meaning
    asks = _ASKS.match(known.text) is not None or known.text.rstrip().endswith("?")
    if not asks and _is_claim(known.text, language):
        return Route(QueryClass.CLAIM, "It states something.", toward_words, toward_meaning)
    if _TEMPORAL.search(known.text) or known.times:
        return Route(QueryClass.TEMPORAL, "It asks about a time.", toward_words, toward_meaning)
    if _REASONING.search(known.text):
        return Route(QueryClass.REASONING, "It asks why or how.", toward_words, toward_meaning)
    if not asks and len(terms(known.text, language)) <= 2:
        return Route(QueryClass.LEXICAL, "It is a term or two.")
    return Route(QueryClass.SEMANTIC, "It is asked in words.", toward_words, toward_meaning)


def _exact(known: Understood) -> str:
    """Why the words themselves are wanted, or nothing."""
    if known.identifiers and not _is_told(known):
        return f"It names {known.identifiers[0].value}."
    if known.phrases:
        return "It quotes words."
    if known.required or known.excluded:
        return "It has operators."
    return ""


def _is_told(known: Understood) -> bool:
    """Whether names with digits ("IL6R") stand in a sentence that says more than them."""
    parts = all(one.kind == "part" for one in known.identifiers)
    return parts and len(content_terms(known.text)) >= LONG


def _is_claim(text: str, language: str) -> bool:
    is_sentence = not text[0].islower() and text.endswith(".")
    said = is_sentence or _SAYS.search(text) is not None
    return said and len(terms(text, language)) >= 4


def _reads_words(retriever: str) -> bool:
    return retriever.startswith(_WORD_RETRIEVERS)
