"""Health endpoints tell the truth."""

from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from frontend.api import health
from mmsearch_site.health import Check


@pytest.fixture(autouse=True)
def look_again() -> Iterator[None]:
    health.forget()
    yield
    health.forget()


def _finding(monkeypatch: Any, *checks: Check) -> None:
    monkeypatch.setattr("mmsearch_site.health.run_checks", lambda: list(checks))


@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/api/v1/healthz", "/api/v1/readyz"])
def test_the_checks_are_those_of_the_doctor(address: str, nobody: APIClient) -> None:
    body = nobody.get(address).json()
    assert {"database", "extensions", "migrations", "disk"} <= {c["name"] for c in body["checks"]}
    for check in body["checks"]:
        assert check.keys() >= {"name", "ok", "detail", "remedy"}


def test_what_is_required_makes_it_not_ready_but_alive(nobody: APIClient, monkeypatch: Any) -> None:
    _finding(monkeypatch, Check("broker", False, "away", "start it"))
    ready = nobody.get("/readyz")
    assert ready.status_code == 503
    assert ready["Retry-After"]
    assert [c["name"] for c in ready.json()["checks"] if not c["ok"]] == ["broker"]
    alive = nobody.get("/healthz")
    assert (alive.status_code, alive.json()["ok"]) == (200, False)


def test_what_only_degrades_leaves_it_ready(nobody: APIClient, monkeypatch: Any) -> None:
    _finding(monkeypatch, Check("language model", False, "none is set", required=False))
    assert nobody.get("/readyz").status_code == 200


def test_strangers_learn_names_and_no_details(nobody: APIClient, monkeypatch: Any) -> None:
    _finding(monkeypatch, Check("database", False, "10.0.0.5 refused", "start 10.0.0.5"))
    for headers in ({"X-Forwarded-For": "203.0.113.9"}, {"Forwarded": "for=203.0.113.9"}):
        response = nobody.get("/readyz", headers=headers)
        assert "10.0.0.5" not in response.content.decode()
        assert response.json()["checks"][0]["name"] == "database"
    assert "10.0.0.5" in nobody.get("/readyz").content.decode()
