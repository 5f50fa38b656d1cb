"""Encoders, rerankers and language models as settings name them."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

Entries = dict[str, dict[str, Any]]

_PROMPTED = {
    "rankgpt": "search.rerankers.rankgpt.RankGpt",
    "insertrank": "search.rerankers.insertrank.InsertRank",
    "first": "search.rerankers.first.First",
    "icr": "search.rerankers.icr.Icr",
    "rank_r1": "search.rerankers.rank_r1.RankR1",
    "grouprank": "search.rerankers.grouprank.GroupRank",
    "erank": "search.rerankers.erank.ERank",
    "prorank": "search.rerankers.prorank.ProRank",
    "yes_no": "search.rerankers.yes_no.YesNo",
    "e2rank": "search.rerankers.e2rank.E2Rank",
}


_SEEING = {  # alias -> class, setting, and what it is for
    "image": ("open_clip_image.OpenClip", "MMSEARCH_IMAGE_MODEL", "pictures by what they show"),
    "pages": ("page_images.PageImages", "MMSEARCH_PAGE_MODEL", "pages by how they look"),
    "video": ("video_models.XClip", "MMSEARCH_VIDEO_MODEL", "clips by what happens in them"),
    "sound": ("sentence_media.SentenceMedia", "MMSEARCH_SOUND_MODEL", "sounds by how they sound"),
    "unified": ("sentence_media.SentenceMedia", "MMSEARCH_UNIFIED_MODEL", "all in one space"),
    "towers": ("towers.encoder.Towers", "MMSEARCH_TOWERS", "all, by towers of one's own"),
}


def media_encoders(named: Mapping[str, str], *, device: str) -> Entries:
    """The encoders that look or listen, of those settings that name a checkpoint.

    ``named`` holds checkpoints by alias; an empty one is left out.
    """
    entries: Entries = {}
    for alias, checkpoint in named.items():
        if checkpoint:
            options = {"checkpoint": checkpoint, "device": device}
            options |= {"text": "minilm"} if alias == "towers" else {}
            path = f"search.encoders.{_SEEING[alias][0]}"
            entries[alias] = {"BACKEND": path, "OPTIONS": options}
    return entries


def transcribers(*, checkpoint: str, language: str, device: str) -> Entries:
    """The speech model, "speech", of a setting that names a checkpoint; none where it is empty."""
    if not checkpoint:
        return {}
    options = {"checkpoint": checkpoint, "device": device, "language": language}
    path = "search.transcribers.speech_model.SpeechModel"
    return {"speech": {"BACKEND": path, "OPTIONS": options}}


def fused_media(named: str, seeing: Entries) -> Entries:
    """What joins the vectors of one of the encoders that look or listen; none if none is named.

    Raises:
        ImproperlyConfigured: there is no such encoder.
    """
    if not named:
        return {}
    if named not in seeing:
        raise ImproperlyConfigured(
            f"MMSEARCH_FUSED is {named!r}, which is no encoder that looks or listens; name one of "
            f"{', '.join(seeing) or 'those in docs/models.md, and set its checkpoint'}."
        )
    options = {"media": named, "checkpoint": ""}
    if named == "towers":
        options["checkpoint"] = seeing[named]["OPTIONS"]["checkpoint"]
    return {"fused": {"BACKEND": "search.encoders.fused_media.FusedMedia", "OPTIONS": options}}


def media_slots() -> dict[str, tuple[str, str]]:
    """Alias → the setting that names its checkpoint, and what it is for."""
    return {alias: (setting, use) for alias, (_, setting, use) in _SEEING.items()}


def rerankers(*, cross_encoder: str, device: str) -> Entries:
    """Every preset's reranker. ``cross_encoder`` is a checkpoint, empty where there is none."""
    entries: Entries = {
        alias: {"BACKEND": path, "OPTIONS": {"generator": "llm"}}
        for alias, path in _PROMPTED.items()
    }
    reading = {"checkpoint": cross_encoder, "device": device}
    return entries | {
        "term_overlap": {"BACKEND": "search.rerankers.term_overlap.TermOverlap", "OPTIONS": {}},
        "maxsim": {
            "BACKEND": "search.rerankers.maxsim.MaxSim",
            "OPTIONS": {"encoder": "tokens"},
        },
        "cross_encoder": {
            "BACKEND": "search.rerankers.cross_encoder.CrossEncoder",
            "OPTIONS": reading,
        },
        "mvp": {"BACKEND": "search.rerankers.mvp.Mvp", "OPTIONS": reading},
        "cur": {
            "BACKEND": "search.rerankers.cur.CurReranker",
            "OPTIONS": {"scorer": "cross_encoder", "table": "cur-table.npz"},
        },
        "relevance_feedback": {
            "BACKEND": "search.rerankers.relevance_feedback.RelevanceFeedback",
            "OPTIONS": {"teacher": "maxsim", "encoder": "minilm"},
        },
    }


def language_models(*, url: str, model: str, api_key: str, checkpoint: str, device: str) -> Entries:
    """The language model of the rerankers, "llm": a server's, else a checkpoint's, else none."""
    if url:
        options = {"url": url, "model": model, "api_key": api_key}
        return {"llm": {"BACKEND": "search.generators.http.HttpLanguageModel", "OPTIONS": options}}
    if checkpoint:
        path = "search.generators.transformers_local.TransformersLanguageModel"
        return {"llm": {"BACKEND": path, "OPTIONS": {"checkpoint": checkpoint, "device": device}}}
    return {}
