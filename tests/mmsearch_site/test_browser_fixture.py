import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_browser_opens_the_sign_in_page_of_the_administration(
    live_server: LiveServer, page: Page
) -> None:
    page.goto(f"{live_server.url}/admin/")

    assert page.get_by_label("Username").is_visible()
