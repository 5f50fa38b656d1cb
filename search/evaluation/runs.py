"""Measurements kept as rows, found again, and what must be equal for two to be compared."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from search import planning, registry
from search.conf import conf
from search.errors import SearchError
from search.evaluation.figures import Report
from search.evaluation.lines import Collection
from search.evaluation.report import interval_body
from search.evaluation.runner import FITTED
from search.models import EvaluationRun

LATEST = "latest"
SHOWN = 300  # characters of a question that are kept
_SETTINGS = ("text_encoder", "exact_scan_limit", "ef_search", "k1", "b", "deadline_ms")


def save(report: Report, collection: Collection, *, made_here: bool = True) -> EvaluationRun:
    """Keep a report. A run that was ``made_here`` also keeps recipe, settings and models."""
    configuration = _configuration(report.recipe) if made_here else {"run": report.recipe}
    texts = {query.key: query.words[:SHOWN] for query in collection.queries}
    return EvaluationRun.objects.create(
        recipe=report.recipe[:100],
        collection=collection.name[:200],
        configuration=configuration,
        configuration_hash=_hash(configuration),
        data_hash=collection.fingerprint(),
        model_versions=configuration.get("models", {}),
        figures=dict(report.figures),
        intervals=interval_body(report.intervals),
        per_query={key: {"text": texts[key], **row} for key, row in report.per_query.items()},
        slices={name: dict(part) for name, part in report.slices.items()},
        stages={name: dict(part) for name, part in report.stages.items()},
        degraded=list(report.degraded),
        took_s=report.seconds,
    )


def find_run(name: str) -> EvaluationRun:
    """The run with this id, the newest (``latest``), or a recipe's newest (``latest:RECIPE``).

    Raises:
        SearchError: there is none.
    """
    word, _, recipe = name.partition(":")
    rows = EvaluationRun.objects.newest_first()
    if word == LATEST:
        found = (rows.filter(recipe=recipe) if recipe else rows).first()
    else:
        found = rows.filter(pk=int(name)).first() if name.isascii() and name.isdecimal() else None
    if found is None:
        raise SearchError(
            f"There is no run {name!r}; write an id, latest or latest:RECIPE. "
            "Runs are kept by manage.py evaluate DIR --save."
        )
    return found


def _configuration(recipe: str) -> dict[str, Any]:
    """The recipe, the settings that change what is found, and the models that are loaded."""
    found = conf()
    return {
        "recipe": _plain(planning.known_recipes()[recipe.removesuffix(FITTED)]),
        "fitted": recipe.endswith(FITTED),
        "settings": {name: _plain(getattr(found, name, None)) for name in _SETTINGS},
        "models": {
            f"{kind} {alias}": str(getattr(one, "fingerprint", type(one).__name__))
            for (kind, alias), one in sorted(registry.live_objects().items())
            if kind != "GENERATORS"
        },
    }


def _hash(configuration: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(configuration, sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """The value as JSON has it, in an order that does not change."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else str(value)
