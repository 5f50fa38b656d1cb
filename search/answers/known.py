"""The answer to a picture without words: what it is a picture of."""

from collections.abc import Sequence

from search.answers.compose import text_of
from search.types import Answer, Candidate, Citation, Modality, Sentence, Support

GENERATOR = "looking"
NOTHING_SHOWS = "Nothing in the library shows what was asked with."


def name_source(candidates: Sequence[Candidate], retriever: str) -> Answer:
    """Where the best candidate that this retriever knew again comes from; a refusal if there is
    none. The citation opens the part of the page, or the second; it has no quote.
    """
    known = next((one for one in candidates if retriever in one.signals), None)
    if known is None:
        return Answer(NOTHING_SHOWS, refused=True, generator=GENERATOR)
    sentence = Sentence(f"This is {_what(known)}.", (1,), Support.SUPPORTED)
    citation = Citation(1, known.passage_id, "", 0, 0, known.locator, known)
    return Answer(
        text=text_of([sentence]),
        sentences=(sentence,),
        citations=(citation,),
        confidence=known.confidence,
        generator=GENERATOR,
    )


def _what(known: Candidate) -> str:
    title, locator = f"“{known.source.title}”", known.locator
    if known.kind == Modality.VIDEO and locator.start_s is not None:
        return f"a moment of {title}, at {_clock(locator.start_s)}"
    if locator.page is not None:
        return f"page {locator.page_label or locator.page} of {title}"
    return f"the picture {title}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
