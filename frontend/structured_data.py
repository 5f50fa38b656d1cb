"""schema.org descriptions of answers and documents, as JSON-LD values."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from frontend.citing import doi_address, web_address
from search.models import Asset, Document, Passage

_MOST_CLIPS = 50


def answer_page(body: Mapping[str, Any], absolute: Callable[[str], str]) -> dict[str, Any]:
    """QAPage: the question, and our answer with the works it quotes. ``body`` is an ANSWER."""
    asked = _question(body)
    question: dict[str, Any] = {"@type": "Question", "name": asked, "text": asked}
    if body.get("refused"):
        question["answerCount"] = 0
    else:
        cited = {c["document"]["id"]: c for c in body.get("citations", ())}
        question["answerCount"] = 1
        question["acceptedAnswer"] = {
            "@type": "Answer",
            "text": body.get("text", ""),
            "citation": [_cited_work(citation, absolute) for citation in cited.values()],
        }
    return {"@context": "https://schema.org", "@type": "QAPage", "mainEntity": question}


def document_page(
    document: Document,
    *,
    absolute: Callable[[str], str],
    address: str,
    file_address: str,
    picture: str = "",
    moments: Sequence[Passage] = (),
) -> dict[str, Any]:
    """ScholarlyArticle, ImageObject, VideoObject or AudioObject of a document."""
    family = document.media_type.partition("/")[0]
    kind = {"image": "ImageObject", "video": "VideoObject", "audio": "AudioObject"}.get(
        family, "ScholarlyArticle"
    )
    described: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": kind,
        "@id": absolute(address),
        "url": absolute(address),
        "name": document.title,
        "author": [{"@type": "Person", "name": author} for author in document.authors],
        "datePublished": document.issued,
        "inLanguage": document.language,
        "license": document.licence,
        "identifier": doi_address(document.doi),
        "sameAs": web_address(document.url),
        "encodingFormat": document.media_type,
        "thumbnailUrl": absolute(picture) if picture else "",
    }
    if kind == "ScholarlyArticle":
        described["headline"] = document.title[:110]
        described["pagination"] = f"1-{document.page_count}" if document.page_count else ""
    else:
        described["contentUrl"] = absolute(file_address)
        described["uploadDate"] = document.added_at.isoformat()
    if document.duration_s:
        described["duration"] = f"PT{document.duration_s:g}S"
    if kind == "VideoObject":
        described["hasPart"] = [_clip(p, absolute(address)) for p in moments[:_MOST_CLIPS]]
    return {name: value for name, value in described.items() if value not in ("", [], None)}


def address_of_asset(asset: Asset | None) -> str:
    """The page-relative address of a picture of ours, or empty."""
    return f"/documents/{asset.document_id}/assets/{asset.sha256}" if asset else ""


def _clip(passage: Passage, address: str) -> dict[str, Any]:
    start_s = passage.start_s or 0.0
    end_s = passage.end_s if passage.end_s is not None else start_s
    return {
        "@type": "Clip",
        "name": " ".join(passage.text.split())[:100] or "Moment",
        "startOffset": round(start_s, 2),
        "endOffset": round(end_s, 2),
        "url": f"{address}?passage={passage.pk}",
    }


def _question(body: Mapping[str, Any]) -> str:
    asked = body.get("query", "")
    return asked.get("text", "") if isinstance(asked, Mapping) else str(asked)


def _cited_work(citation: Mapping[str, Any], absolute: Callable[[str], str]) -> dict[str, Any]:
    document = citation["document"]
    work = {
        "@type": "CreativeWork",
        "name": document.get("title", ""),
        "url": absolute(citation.get("view_url", "")),
        "identifier": doi_address(document.get("doi", "") or ""),
        "datePublished": document.get("published", ""),
    }
    return {name: value for name, value in work.items() if value}
