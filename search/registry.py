"""(kind, alias) → one live object per process. Plug-ins never fetch each other: they are handed."""

import inspect
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from search.conf import KINDS, Backend, conf
from search.encoders.base import find_checkpoint
from search.encoders.media import MediaEncoder
from search.errors import ConfigurationError, ModelMissingError
from search.generators.checkpoints import find_card, weights_bytes
from search.generators.language_model import cannot
from search.generators.licences import declared_licence, forbids_commerce

if TYPE_CHECKING:
    from search.encoders.base import TextEncoder
    from search.transcribers.base import Transcriber

_WORDS = {
    "ENCODERS": "encoder",
    "GENERATORS": "generator",
    "RERANKERS": "reranker",
    "TRANSCRIBERS": "transcriber",
}
_NONE = {
    "ENCODERS": "There is no encoder {!r}.",
    "GENERATORS": "No language model {!r} is configured (MMSEARCH_LLM_URL or MMSEARCH_LOCAL_LLM).",
    "RERANKERS": "There is no reranker {!r}.",
    "TRANSCRIBERS": "No speech model {!r} is configured (MMSEARCH_SPEECH_MODEL).",
}
_live: dict[tuple[str, str], Any] = {}
_locks: dict[tuple[str, str], threading.RLock] = {}
_guard = threading.Lock()


@dataclass(frozen=True, slots=True)
class ModelState:
    """Whether a configured plug-in can be loaded here; what to do when it cannot."""

    alias: str
    kind: str  # "encoder", "generator", "reranker" or "transcriber"
    present: bool
    detail: str
    remedy: str = ""
    is_stand_in: bool = False  # a miniature without weights works in place of what is missing


def encoder(alias: str) -> "TextEncoder":
    """The encoder with this alias, loaded at the first call.

    Raises:
        ConfigurationError: no such alias, or its class cannot be built with its options.
        ModelMissingError: its weights or a library are not here.
    """
    return _object("ENCODERS", alias)


def media_encoder(alias: str) -> MediaEncoder:
    """The encoder with this alias, which looks or listens; raises as ``encoder`` does."""
    return _object("ENCODERS", alias)


def generator(alias: str) -> Any:
    """The generator with this alias; raises as ``encoder`` does."""
    return _object("GENERATORS", alias)


def reranker(alias: str) -> Any:
    """The reranker with this alias; raises as ``encoder`` does."""
    return _object("RERANKERS", alias)


def transcriber(alias: str) -> "Transcriber":
    """The transcriber with this alias; raises as ``encoder`` does."""
    return _object("TRANSCRIBERS", alias)


def is_loaded(kind: str, alias: str) -> bool:
    """Whether the object already lives in this process; ``kind`` as in settings."""
    return (kind, alias) in _live


def is_light(kind: str, alias: str) -> bool:
    """Whether a web process may hold the plug-in: itself and all it needs say so. Loads nothing.

    Raises:
        ConfigurationError: no such alias, or its class does not import.
    """
    backend = _backend(kind, alias)
    maker = _import(kind, alias, backend)
    if not getattr(maker, "light", False):
        return False
    for name, needed in getattr(maker, "needs", {}).items():
        named = backend.options.get(name) or ()
        aliases = [named] if isinstance(named, str) else list(named)
        if not all(is_light(needed, other) for other in aliases):
            return False
    return True


def describe_models() -> list[ModelState]:
    """Each configured plug-in, present or missing. Loads no weights."""
    return [
        _describe(kind, alias, backend)
        for kind in KINDS
        for alias, backend in conf().backends(kind).items()
    ]


def describe_model(kind: str, alias: str) -> ModelState:
    """One configured plug-in; ``kind`` as in settings.

    Raises:
        ConfigurationError: no such alias.
    """
    return _describe(kind, alias, _backend(kind, alias))


def prepare_models() -> list[ModelState]:
    """Load every encoder once, so that what is made at the first load is made now."""
    return [
        _prepared(state) if state.kind == "encoder" and state.present else state
        for state in describe_models()
    ]


def _prepared(state: ModelState) -> ModelState:
    try:
        encoder(state.alias)
    except (ConfigurationError, ModelMissingError) as error:
        return ModelState(state.alias, state.kind, False, str(error), state.remedy)
    return state


def _backend(kind: str, alias: str) -> Backend:
    backends = conf().backends(kind)
    if alias not in backends:
        known = ", ".join(backends) or "none is configured"
        none = _NONE[kind].format(alias).rstrip(".")
        raise ConfigurationError(f"{none}; MMSEARCH[{kind!r}] holds: {known}.")
    return backends[alias]


def _object(kind: str, alias: str) -> Any:
    key = (kind, alias)
    found = _live.get(key)
    if found is not None:
        return found
    with _guard:
        lock = _locks.setdefault(key, threading.RLock())
    with lock:
        if key not in _live:
            _live[key] = _build(kind, alias)
        return _live[key]


def _build(kind: str, alias: str) -> Any:
    backend = _backend(kind, alias)
    maker = _import(kind, alias, backend)
    if is_stand_in(kind, alias):
        return maker.tiny()
    if refusal := _refusal(backend, offline=conf().offline):
        raise ConfigurationError(refusal)
    options = dict(backend.options)
    for name, needed in getattr(maker, "needs", {}).items():
        options[name] = _handed(needed, options.get(name))
    options |= {name: value for name, value in _surroundings(maker) if name not in options}
    try:
        return maker(**options)
    except TypeError as error:
        raise ConfigurationError(
            f"MMSEARCH[{kind!r}][{alias!r}] cannot be built from its OPTIONS: {error}."
        ) from error


def _handed(kind: str, named: Any) -> Any:
    """The objects in place of the aliases a plug-in names."""
    if named is None:
        return None
    return _object(kind, named) if isinstance(named, str) else [_object(kind, a) for a in named]


def _surroundings(maker: Any) -> Iterator[tuple[str, Any]]:
    """What the constructor asks for that is the same for all plug-ins."""
    parameters = inspect.signature(maker).parameters
    for name, value in (("models_dir", conf().models_dir), ("offline", conf().offline)):
        if name in parameters:
            yield name, value


def _import(kind: str, alias: str, backend: Backend) -> Any:
    try:
        return import_string(backend.path)
    except ImportError as error:
        raise ConfigurationError(
            f"MMSEARCH[{kind!r}][{alias!r}] names {backend.path!r}, which does not import: {error}."
        ) from error


def _describe(kind: str, alias: str, backend: Backend) -> ModelState:
    found = _as_configured(kind, alias, backend)
    if found.present or not (conf().stand_ins and kind == "RERANKERS"):
        return found
    detail = f"A stand-in without weights: {found.detail}"
    return ModelState(alias, found.kind, True, detail, is_stand_in=True)


def _as_configured(kind: str, alias: str, backend: Backend) -> ModelState:
    """The plug-in, and what it needs, looked for without stand-ins."""
    word = _WORDS[kind]
    try:
        maker = _import(kind, alias, backend)
        presence = getattr(maker, "presence", None)
        if presence is None:
            return ModelState(alias, word, True, backend.path)
        present, detail, remedy = presence(**backend.options)
        lacking = _lacking(maker, backend) if present else None
    except (ConfigurationError, ModelMissingError) as error:
        return ModelState(alias, word, False, str(error), "Correct the settings, or install it.")
    if lacking is not None:
        return ModelState(alias, word, False, lacking.detail, lacking.remedy)
    if present and (why := _refusal(backend, offline=True) or inability(kind, alias)):
        return ModelState(alias, word, False, why)
    return ModelState(alias, word, present, detail, remedy)


def _lacking(maker: Any, backend: Backend) -> ModelState | None:
    """The first of what a plug-in needs that is not here."""
    for name, kind in getattr(maker, "needs", {}).items():
        named = backend.options.get(name) or ()
        for alias in [named] if isinstance(named, str) else named:
            state = (
                _as_configured(kind, alias, conf().backends(kind)[alias])
                if alias in conf().backends(kind)
                else ModelState(alias, _WORDS[kind], False, _NONE[kind].format(alias), "")
            )
            if not state.present:
                return state
    return None


def kind_of(alias: str) -> str:
    """The kind of space an encoder makes, as its class says; empty where it does not."""
    if alias not in conf().encoders:
        return ""
    return str(getattr(_import("ENCODERS", alias, _backend("ENCODERS", alias)), "kind", ""))


def is_media(alias: str) -> bool:
    """Whether an encoder looks or listens, as its class says. Loads no weights."""
    if alias not in conf().encoders:
        return False
    maker = _import("ENCODERS", alias, _backend("ENCODERS", alias))
    return isinstance(maker, type) and issubclass(maker, MediaEncoder)


def inability(kind: str, alias: str) -> str:
    """The sentence that says what the language model of a plug-in cannot do, or nothing."""
    backend = _backend(kind, alias)
    maker = _import(kind, alias, backend)
    model = str(backend.options.get("generator") or "")
    if model not in conf().generators or not getattr(maker, "asks", ()):
        return ""
    writer = _backend("GENERATORS", model)
    able = _import("GENERATORS", model, writer).abilities_with(**writer.options)
    return cannot(able, maker.asks, by=alias, model=model)


def weights_of(kind: str, alias: str) -> dict[Path, int]:
    """The folders of weights that a plug-in loads, with the memory that each takes."""
    backend = _backend(kind, alias)
    maker, found = _import(kind, alias, backend), {}
    name = backend.options.get("checkpoint")
    if isinstance(name, str) and name:
        with suppress(ModelMissingError):
            folder = find_checkpoint(name, offline=True)
            found[folder] = weights_bytes(folder, str(backend.options.get("dtype", "float32")))
    for option, needed in getattr(maker, "needs", {}).items():
        named = backend.options.get(option) or ()
        for other in [named] if isinstance(named, str) else named:
            if other in conf().backends(needed):
                found |= weights_of(needed, other)
    return found


def _refusal(backend: Backend, *, offline: bool) -> str:
    """Why the licence of its weights forbids the use of a plug-in, or nothing."""
    name = backend.options.get("checkpoint")
    if conf().allow_noncommercial or not isinstance(name, str) or name in {"", "minilm"}:
        return ""
    try:
        licence = declared_licence(find_card(name, offline=offline))
    except ModelMissingError:
        return ""  # whoever loads it says so
    if not forbids_commerce(licence):
        return ""
    return (
        f"The model {name!r} has the licence {licence!r}, which allows no commercial use; name "
        "another model, or set MMSEARCH_ALLOW_NONCOMMERCIAL=1 if your use is none."
    )


def is_stand_in(kind: str, alias: str) -> bool:
    """Whether a miniature without weights works in place of what is missing."""
    return conf().stand_ins and describe_model(kind, alias).is_stand_in


def _forget(*, setting: str, **_kwargs: object) -> None:
    if setting == "MMSEARCH":
        _live.clear()


def live_objects() -> Mapping[tuple[str, str], Any]:
    """What is loaded now, by (kind, alias)."""
    return dict(_live)


setting_changed.connect(_forget, dispatch_uid="search.registry")
