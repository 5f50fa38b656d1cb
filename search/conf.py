"""settings.MMSEARCH, read once into a frozen value. Nothing below the registry sees settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed

from search.codecs import EXTRA
from search.errors import ConfigurationError

KINDS = ("ENCODERS", "GENERATORS", "RERANKERS", "TRANSCRIBERS")


@dataclass(frozen=True, slots=True)
class Backend:
    """A plug-in as settings name it: a dotted path and the options of its constructor."""

    path: str
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Conf:
    """What the search rooms are configured with."""

    data_dir: Path
    models_dir: Path  # where encoders keep what they make of their weights
    offline: bool = False
    allow_noncommercial: bool = False  # weights whose licence allows no commercial use
    anonymous_reading: bool = False
    encoders: Mapping[str, Backend] = field(default_factory=dict)
    generators: Mapping[str, Backend] = field(default_factory=dict)
    rerankers: Mapping[str, Backend] = field(default_factory=dict)
    transcribers: Mapping[str, Backend] = field(default_factory=dict)
    transcriber: str = ""  # alias; empty: recordings have only the words of their subtitles
    text_encoder: str = ""  # alias; empty: search by words alone
    spaces: tuple[str, ...] = ()  # aliases of more encoders that read every document
    media_spaces: tuple[str, ...] = ()  # aliases of encoders that look at or listen to documents
    codecs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by alias, see codecs.py
    stand_ins: bool = False  # miniatures without weights in place of rerankers that are missing
    llm: Mapping[str, str] = field(default_factory=dict)
    exact_scan_limit: int = 20_000
    ef_search: int = 200
    k1: float = 1.2
    b: float = 0.75
    deadline_ms: int = 2000
    recipes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def backends(self, kind: str) -> Mapping[str, Backend]:
        """Alias → backend of one of ``KINDS``."""
        return {
            "ENCODERS": self.encoders,
            "GENERATORS": self.generators,
            "RERANKERS": self.rerankers,
            "TRANSCRIBERS": self.transcribers,
        }[kind]


@cache
def conf() -> Conf:
    """The configuration; read again after a settings change.

    Raises:
        ConfigurationError: a value cannot work; the sentence names it.
    """
    given: Mapping[str, Any] = settings.MMSEARCH
    bm25 = given.get("BM25", {})
    plugged = {kind.lower(): _backends(given, kind) for kind in KINDS}
    found = Conf(
        data_dir=Path(given["DATA_DIR"]),
        models_dir=Path(given.get("MODELS_DIR") or Path(given["DATA_DIR"]) / "models"),
        offline=bool(given.get("OFFLINE", False)),
        allow_noncommercial=bool(given.get("ALLOW_NONCOMMERCIAL", False)),
        anonymous_reading=bool(given.get("ANONYMOUS_READING", False)),
        text_encoder=str(given.get("TEXT_ENCODER", "")),
        transcriber=str(given.get("TRANSCRIBER", "")),
        spaces=tuple(given.get("SPACES", ())),
        media_spaces=tuple(given.get("MEDIA_SPACES", ())),
        codecs=MappingProxyType({k: tuple(v) for k, v in given.get("CODECS", {}).items()}),
        stand_ins=bool(given.get("STAND_INS", False)),
        llm=MappingProxyType(dict(given.get("LLM", {}))),
        exact_scan_limit=int(given.get("EXACT_SCAN_LIMIT", 20_000)),
        ef_search=int(given.get("EF_SEARCH", 200)),
        k1=float(bm25.get("K1", 1.2)),
        b=float(bm25.get("B", 0.75)),
        deadline_ms=int(given.get("DEADLINE_MS", 2000)),
        recipes=MappingProxyType(dict(given.get("RECIPES", {}))),
        **plugged,
    )
    _check(found)
    return found


def _backends(given: Mapping[str, Any], kind: str) -> Mapping[str, Backend]:
    backends = {}
    for alias, entry in given.get(kind, {}).items():
        if not isinstance(entry, Mapping) or not isinstance(entry.get("BACKEND"), str):
            raise ConfigurationError(
                f"MMSEARCH[{kind!r}][{alias!r}] is {entry!r}; write "
                '{"BACKEND": "dotted.path.Class", "OPTIONS": {…}}.'
            )
        options = MappingProxyType(dict(entry.get("OPTIONS", {})))
        backends[alias] = Backend(entry["BACKEND"], options)
    return MappingProxyType(backends)


def _check(found: Conf) -> None:
    _check_spaces(found)
    if found.text_encoder and found.text_encoder not in found.encoders:
        raise ConfigurationError(
            f'MMSEARCH["TEXT_ENCODER"] is {found.text_encoder!r}, which is none of the ENCODERS '
            f"({', '.join(found.encoders) or 'there are none'})."
        )
    if found.transcriber and found.transcriber not in found.transcribers:
        raise ConfigurationError(
            f'MMSEARCH["TRANSCRIBER"] is {found.transcriber!r}, which is none of the TRANSCRIBERS '
            f"({', '.join(found.transcribers) or 'there are none'})."
        )
    if found.k1 < 0 or not 0 <= found.b <= 1:
        raise ConfigurationError(
            f'MMSEARCH["BM25"] has K1 {found.k1} and B {found.b}; K1 is at least 0, B is 0 to 1.'
        )
    if not 1 <= found.ef_search <= 1000:
        raise ConfigurationError(
            f'MMSEARCH["EF_SEARCH"] is {found.ef_search}; write a number from 1 to 1000.'
        )


def _check_spaces(found: Conf) -> None:
    for alias in (*found.spaces, *found.media_spaces, *found.codecs):
        if alias not in found.encoders:
            raise ConfigurationError(
                f"MMSEARCH names the space {alias!r}, which is none of the ENCODERS "
                f"({', '.join(found.encoders) or 'there are none'})."
            )
    for alias, names in found.codecs.items():
        if unknown := [name for name in names if name not in EXTRA]:
            raise ConfigurationError(
                f'MMSEARCH["CODECS"][{alias!r}] names {unknown[0]!r}; known: {", ".join(EXTRA)}.'
            )


def _forget(*, setting: str, **_kwargs: object) -> None:
    if setting == "MMSEARCH":
        conf.cache_clear()


setting_changed.connect(_forget, dispatch_uid="search.conf")
