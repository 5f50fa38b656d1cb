"""The comparison of two runs in a real browser: by keyboard, on a phone, in the dark."""

import os
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from search.models import EvaluationRun
from tests.search.evaluation.test_admin_evaluation import ROWS, kept

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 360, "height": 740}
PASSWORD = "r heron at dawn"


@pytest.fixture
def two_runs(transactional_db: None) -> tuple[EvaluationRun, EvaluationRun]:
    User.objects.create_superuser("root", "root@example.org", PASSWORD)
    long = {"ENCODERS minilm": "all-MiniLM-L6-v2/" + "0123456789abcdef" * 6}
    values = [0.9] * 30 + [0.25] * 3 + [0.5] * 7
    return kept("bm25", [0.5] * 40), kept("hybrid", values, model_versions=long)


def open_comparison(page: Page, live_server: LiveServer) -> None:
    """Sign in, select both runs by keyboard, choose the action, go."""
    page.goto(f"{live_server.url}/admin/login/?next={ROWS}")
    page.get_by_label("Username").fill("root")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    boxes = page.locator("input.action-select")
    expect(boxes).to_have_count(2)
    for box in boxes.all():
        box.press("Space")
    page.get_by_label("Action:").select_option("compare")
    page.get_by_role("button", name="Run").or_(page.get_by_role("button", name="Go")).press("Enter")
    expect(page.get_by_role("heading", name="Comparison of two runs")).to_be_visible()
    page.wait_for_load_state("load")  # a heading stands before the last style sheet is there


def picture(page: Page, name: str) -> None:
    """Kept where MMSEARCH_TEST_PICTURES names a folder."""
    if folder := os.environ.get("MMSEARCH_TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_two_runs_are_compared_by_keyboard(
    page: Page, live_server: LiveServer, two_runs: tuple[EvaluationRun, EvaluationRun]
) -> None:
    open_comparison(page, live_server)
    expect(page.get_by_text("30 of 40 questions got better")).to_be_visible()
    expect(page.get_by_role("row", name="ndcg@10")).to_contain_text("better")
    picture(page, "comparison-wide-light")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_stands_beside_the_page_and_all_is_readable(
    page: Page,
    live_server: LiveServer,
    two_runs: tuple[EvaluationRun, EvaluationRun],
    scheme: str,
) -> None:
    open_comparison(page, live_server)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for selector in (".verdict", "td", ".change.better", ".change.worse", ".ends", "dt"):
        assert contrast(page, f".comparison {selector}") >= 4.5, selector
    picture(page, f"comparison-phone-{scheme}")


def contrast(page: Page, selector: str) -> float:
    """WCAG's ratio of an element's text to what is painted behind it."""
    return float(
        page.locator(selector).first.evaluate(
            """element => {
          const parts = text => text.match(/[\\d.]+/g).map(Number);
          const light = rgb => {
            const [r, g, b] = rgb.map(v => v / 255).map(
              v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          let behind = element, paint = [0, 0, 0, 0];
          while (behind && (paint.length === 4 && paint[3] === 0)) {
            paint = parts(getComputedStyle(behind).backgroundColor);
            behind = behind.parentElement;
          }
          const ink = light(parts(getComputedStyle(element).color).slice(0, 3));
          const ground = light(paint.slice(0, 3));
          return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
        }"""
        )
    )
