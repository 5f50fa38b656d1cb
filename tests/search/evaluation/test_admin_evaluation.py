"""Measurements in the administration."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from search.models import EvaluationRun

ROWS = "/admin/search/evaluationrun/"


@pytest.fixture
def site_admin(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", "root@example.org", "r heron at dawn"))
    return client


def kept(recipe: str, values: list[float], **fields: object) -> EvaluationRun:
    """A run with these values of nDCG@10, question by question."""
    mean = sum(values) / len(values)
    return EvaluationRun.objects.create(
        recipe=recipe, collection="birds", configuration_hash=recipe, data_hash="data",
        figures={"ndcg@10": mean, "queries": len(values), "p50_ms": 4.0, "p95_ms": 9.0},
        intervals={"ndcg@10": [mean - 0.01, mean + 0.01]},
        per_query={
            f"q{n}": {"text": f"question <{n}>", "ndcg@10": value, "ms": 4.0}
            for n, value in enumerate(values)
        },
        **fields,
    )  # fmt: skip


@pytest.fixture
def two_runs(db: None) -> tuple[EvaluationRun, EvaluationRun]:
    return kept("bm25", [0.5] * 40), kept("hybrid", [0.9] * 30 + [0.25] * 3 + [0.5] * 7)


def test_runs_are_listed_with_their_intervals(
    site_admin: Client, two_runs: tuple[EvaluationRun, EvaluationRun]
) -> None:
    page = site_admin.get(ROWS).content.decode()
    assert "0.5000 [0.490, 0.510]" in page
    assert "Add evaluation run" not in page
    assert site_admin.get(f"{ROWS}{two_runs[0].pk}/change/").status_code == 200
    assert site_admin.get("/admin/search/topic/").status_code == 200


def test_two_selected_runs_are_compared_older_first(
    site_admin: Client, two_runs: tuple[EvaluationRun, EvaluationRun]
) -> None:
    old, new = two_runs
    form = {"action": "compare", "_selected_action": [new.pk, old.pk]}
    response = site_admin.post(ROWS, form)
    assert response["Location"] == f"{ROWS}compare/?before={old.pk}&after={new.pk}"
    page = site_admin.get(response["Location"]).content.decode()
    assert "ndcg@10 is better by 0.2812 in the second run." in page
    assert re.search(r"30 of 40 questions got better, 3 worse, 7 stayed", page)
    assert "question &lt;30&gt;" in page
    assert "q39" not in page  # it stayed


def test_many_changed_questions_are_behind_a_link(
    site_admin: Client, two_runs: tuple[EvaluationRun, EvaluationRun]
) -> None:
    address = f"{ROWS}compare/?before={two_runs[0].pk}&after={two_runs[1].pk}"
    page = site_admin.get(address).content.decode()
    assert "Show 15 more" in page
    assert "Show" not in site_admin.get(address + "&all").content.decode().split("Questions")[1]


def test_one_run_is_not_enough(
    site_admin: Client, two_runs: tuple[EvaluationRun, EvaluationRun]
) -> None:
    form = {"action": "compare", "_selected_action": [two_runs[0].pk]}
    page = site_admin.post(ROWS, form, follow=True).content.decode()
    assert "Select two runs to compare; 1 are selected." in page


def test_runs_that_share_nothing_say_so(site_admin: Client, db: None) -> None:
    one, other = kept("bm25", [0.5]), kept("dense", [0.5])
    EvaluationRun.objects.filter(pk=other.pk).update(per_query={"else": {"text": "", "map": 1}})
    page = site_admin.get(f"{ROWS}compare/?before={one.pk}&after={other.pk}")
    assert "share no question" in page.content.decode()


@pytest.mark.parametrize("query", ["", "?before=1&after=2", "?before=x&after=y"])
def test_runs_that_are_not_there_are_not_found(site_admin: Client, query: str) -> None:
    assert site_admin.get(f"{ROWS}compare/{query}").status_code == 404


def test_nobody_else_sees_measurements(
    two_runs: tuple[EvaluationRun, EvaluationRun], ada: User
) -> None:
    client = Client()
    client.force_login(ada)
    address = f"{ROWS}compare/?before={two_runs[0].pk}&after={two_runs[1].pk}"
    assert client.get(address)["Location"].startswith("/admin/login/")
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    assert client.get(address).status_code == 403
