"""Candidates made by hand, for the rooms that know no database."""

from typing import Any

from search.types import Anchor, Candidate, Evidence, Locator, Modality, Signal, Source, View


def candidate(text: str, key: int = 1, **fields: Any) -> Candidate:
    """A candidate with this text, from a document of its own unless ``document`` says which."""
    document = fields.pop("document", key)
    source = Source(
        id=document,
        title=fields.pop("title", f"Document {document}"),
        filename="notes.txt",
        corpus="birds",
        language=fields.pop("language", "en"),
    )
    values: dict[str, Any] = {
        "passage_id": key,
        "score": 10.0 - key,
        "signals": {"bm25": Signal(key, 3.0, 1.0)},
        "kind": Modality.TEXT,
        "text": text,
        "heading": "",
        "source": source,
        "locator": Locator(),
    }
    return Candidate(**(values | fields))


def spoken(cues: list[tuple[str, float, float]], key: int = 1, **fields: Any) -> Candidate:
    """A transcript passage: (words, start_s, end_s) of each cue."""
    text, anchors = "", []
    for words, start_s, end_s in cues:
        text += "\n" if text else ""
        anchors.append(Anchor(len(text), len(text) + len(words), None, start_s, end_s))
        text += words
    return candidate(
        text,
        key,
        kind=Modality.VIDEO,
        anchors=tuple(anchors),
        views=(View("transcript", "source", 0, len(text)),),
        locator=Locator(start_s=cues[0][1], end_s=cues[-1][2]),
        **fields,
    )


def evidence(*candidates: Candidate) -> tuple[Evidence, ...]:
    """The candidates, labelled 1, 2, …"""
    return tuple(Evidence(label, one) for label, one in enumerate(candidates, start=1))
