"""The pages in a real Chromium."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, FilePayload, Page, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from search import registry
from search.conf import conf
from search.models import Corpus, Document, Feedback
from tests.frontend import shelves

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LAMP = "/search?q=How+far+is+the+lamp+of+a+first-order+light+seen"
PHONE: ViewportSize = {"width": 360, "height": 740}


@pytest.fixture(scope="module", autouse=True)
def loaded_encoder() -> None:
    """The first question of a process loads the encoder; no test here is about that wait."""
    alias = conf().text_encoder
    if alias:
        registry.encoder(alias).encode_queries(["How deep is the sea?"])


@pytest.fixture
def watched(page: Page, live_server: LiveServer) -> Iterator[Page]:
    """A tab in which a broken policy, a script error or a request elsewhere fails the test."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
    page.on(
        "console",
        lambda said: complaints.append(said.text) if "Content Security" in said.text else None,
    )
    page.on(
        "request",
        lambda asked: (
            None if asked.url.startswith(live_server.url) else complaints.append(asked.url)
        ),
    )
    yield page
    assert complaints == []


def sign_in(page: Page, live_server: LiveServer, name: str, password: str) -> None:
    page.goto(f"{live_server.url}/login")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def addresses(paper: Document, film: Document) -> list[str]:
    cited = paper.passages.get(page=2)
    said = film.passages.order_by("ordinal").first()
    assert said is not None
    return [
        "/", LAMP, "/search?q=zeppelin", "/corpora/", "/corpora/lighthouses/", "/evaluation/",
        f"/documents/{paper.pk}/?passage={cited.pk}", f"/documents/{film.pk}/?passage={said.pk}",
        "/login", "/nowhere",
    ]  # fmt: skip


def test_a_question_is_asked_and_its_source_opened_by_keyboard(
    watched: Page, live_server: LiveServer, paper: Document
) -> None:
    watched.set_viewport_size(PHONE)
    watched.goto(live_server.url)
    watched.keyboard.press("Tab")
    expect(watched.get_by_text("Skip to content")).to_be_focused()

    watched.get_by_label("Your question").focus()
    watched.keyboard.type("How far is the lamp of a first-order light seen?")
    watched.keyboard.press("Enter")
    watched.wait_for_url("**/search?q=*")
    for _ in range(30):
        watched.keyboard.press("Tab")
        if watched.evaluate("document.activeElement.matches('.chip')"):
            break
    assert watched.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    watched.keyboard.press("Enter")

    watched.wait_for_url(f"**/documents/{paper.pk}/?passage=*")
    box = watched.locator(".outlines rect.cited")
    place = box.bounding_box()
    picture = watched.locator("img.page-image").bounding_box()
    assert place is not None
    assert picture is not None
    assert picture["y"] < place["y"] < picture["y"] + picture["height"]
    assert place["width"] == pytest.approx(0.8 * picture["width"], abs=6)
    expect(watched.locator("mark")).to_contain_text("twenty miles")


def test_on_a_wide_screen_a_source_opens_beside_the_answer(
    watched: Page, live_server: LiveServer, paper: Document
) -> None:
    watched.goto(live_server.url + LAMP)
    chip = watched.locator("a.chip").first

    chip.click()
    panel = watched.get_by_role("complementary", name="Evidence")
    expect(panel.locator("rect.cited")).to_have_count(1)
    expect(panel.get_by_role("heading", level=2).first).to_be_focused()
    watched.keyboard.press("Escape")

    expect(panel).to_be_hidden()
    expect(chip).to_be_focused()
    assert "/search?q=" in watched.url


def test_a_film_opens_at_the_cited_second_and_lines_seek(
    watched: Page, live_server: LiveServer, film: Document
) -> None:
    passage = film.passages.order_by("ordinal").first()
    assert passage is not None
    start = passage.text.index("From")
    watched.goto(
        f"{live_server.url}/documents/{film.pk}/?passage={passage.pk}&chars={start}-{start + 9}"
    )

    now = "document.querySelector('video').currentTime"
    watched.wait_for_function("document.querySelector('video').readyState >= 2")
    assert watched.evaluate(now) == pytest.approx(4.0, abs=0.3)
    watched.get_by_role("link", name="A taller tower").click()

    watched.wait_for_function(f"{now} >= 8")
    expect(watched.locator(".line.now")).to_contain_text("A taller tower")
    assert f"/documents/{film.pk}/" in watched.url


def test_an_upload_shows_how_far_it_is_until_it_can_be_searched(
    watched: Page, live_server: LiveServer, worker: object, ada: User, public_corpus: Corpus
) -> None:
    words = b"# The bittern\n\nThe bittern booms in the reeds at night.\n"
    file = FilePayload(name="bittern.md", mimeType="text/markdown", buffer=words)
    sign_in(watched, live_server, "ada", "a heron at dawn")
    watched.goto(f"{live_server.url}/corpora/lighthouses/")

    watched.get_by_label("Files").set_input_files(file)
    watched.get_by_role("button", name="Upload").click()

    expect(watched.locator("[data-uploads] li")).to_contain_text("1 file was taken in.")
    row = watched.locator("table.documents tbody tr")
    expect(row).to_have_count(1)
    expect(row.locator(".state-name")).to_have_text("Searchable", timeout=60_000)
    expect(watched.locator("#documents")).not_to_have_attribute("hx-trigger", "every 2s")
    watched.goto(f"{live_server.url}/search?q=What+does+the+bittern+do+at+night")
    expect(watched.locator(".answer-text")).to_contain_text("booms in the reeds")


def test_a_vote_thanks_in_place(
    watched: Page, live_server: LiveServer, ada: User, paper: Document
) -> None:
    sign_in(watched, live_server, "ada", "a heron at dawn")
    watched.goto(live_server.url + LAMP)

    watched.locator(".answer").get_by_role("button", name="Helpful", exact=True).click()

    expect(watched.locator(".answer .voted")).to_contain_text("Marked as helpful")
    assert Feedback.objects.get().value == 1


def test_a_pasted_picture_joins_the_question(
    watched: Page, live_server: LiveServer, paper: Document
) -> None:
    watched.goto(live_server.url)

    watched.evaluate(
        """async () => {
          const canvas = Object.assign(document.createElement("canvas"), { width: 90, height: 60 });
          canvas.getContext("2d").fillRect(0, 0, 50, 50);
          const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
          const held = new DataTransfer();
          held.items.add(new File([blob], "lens.png", { type: "image/png" }));
          document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: held }));
        }"""
    )

    expect(watched.get_by_role("img", name="The chosen picture")).to_be_visible()
    assert (
        watched.evaluate("document.querySelector('input[name=file]').files[0].name") == "lens.png"
    )
    watched.get_by_role("button", name="Remove").click()
    expect(watched.get_by_role("img", name="The chosen picture")).to_be_hidden()


def test_a_part_of_a_picture_is_drawn_or_moved_by_keys(
    watched: Page, live_server: LiveServer, paper: Document
) -> None:
    watched.goto(live_server.url)
    watched.get_by_text("Ask with a picture, a clip or a sound").click()
    picture = shelves.picture_of("FRESNEL LENS", (400, 200), "PNG")
    watched.get_by_label("Picture, clip or sound").set_input_files(
        {"name": "lens.png", "mimeType": "image/png", "buffer": picture}
    )
    canvas = watched.get_by_role("img", name="The chosen picture")
    box = canvas.bounding_box()
    assert box is not None
    watched.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.5 * box["height"])
    watched.mouse.down()
    watched.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + box["height"] - 1)
    watched.mouse.up()

    chosen = watched.locator("input[name=crop]")
    x, y, width, height = (float(part) for part in chosen.input_value().split(","))
    assert (round(x, 1), round(y, 1), round(width, 1)) == (0.2, 0.5, 0.5)
    assert 0.4 < height <= 0.5
    canvas.press("ArrowLeft")
    assert float(chosen.input_value().split(",")[0]) == pytest.approx(x - 0.05, abs=1e-3)
    canvas.press("Escape")
    assert chosen.input_value() == ""


def test_searching_and_reading_work_without_script(
    browser: Browser, live_server: LiveServer, paper: Document, film: Document
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server.url)
    page.get_by_label("Your question").fill("How far is the lamp of a first-order light seen")
    page.get_by_role("button", name="Search", exact=True).click()

    expect(page.locator(".answer-text")).to_contain_text("twenty miles")
    page.locator("a.chip").first.click()
    expect(page.locator("rect.cited")).to_have_count(1)
    page.get_by_role("link", name="Next").first.click()
    expect(page.locator("figcaption")).to_contain_text("Page 43")
    page.goto(f"{live_server.url}/documents/{film.pk}/")
    page.get_by_role("link", name="A taller tower").click()
    assert "t=8.00" in page.url
    context.close()


def test_no_page_scrolls_sideways_on_a_phone(
    watched: Page, live_server: LiveServer, paper: Document, film: Document, public_corpus: Corpus
) -> None:
    long = shelves.note("An_unbroken_name_" + "x" * 200)
    long.filename = "y" * 250 + ".txt"
    shelves.put(public_corpus, long)
    watched.set_viewport_size(PHONE)

    for address in addresses(paper, film):
        watched.goto(live_server.url + address)
        width = watched.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], (address, width)


def test_dark_and_light_follow_the_reader_and_stay_readable(
    browser: Browser, live_server: LiveServer, paper: Document, film: Document
) -> None:
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        for address in addresses(paper, film):
            page.goto(live_server.url + address)
            weakest = page.evaluate(WEAKEST_CONTRAST)
            assert weakest[0] >= 4.5, (scheme, address, weakest)
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, ground[4:-1].split(","))) < 200) == (scheme == "dark")
        context.close()


def test_hostile_words_run_nowhere(
    watched: Page, live_server: LiveServer, public_corpus: Corpus
) -> None:
    shelf = shelves.paper(shelves.HOSTILE)
    shelf.passages = [{"kind": "text", "text": f"lamp {shelves.HOSTILE}", "page": 1}]
    shelf.filename = shelves.HOSTILE
    document = shelves.put(public_corpus, shelf)

    for address in ("/search?q=lamp", f"/documents/{document.pk}/", "/corpora/lighthouses/"):
        watched.goto(live_server.url + address)  # the watched tab fails on a dialog or a request
        assert watched.locator("main img[src='x']").count() == 0


# The weakest contrast of any visible text, as WCAG reckons it, and the text that has it.
WEAKEST_CONTRAST = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const channel = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length < 4 || colour[3] > 0.5) return colour;
    }
    return [255, 255, 255];
  };
  let weakest = [21, ""];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const words = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    const box = element.getBoundingClientRect();
    const unseen = "svg, noscript, video, audio, .sr-only, .skip";
    if (!words || box.width < 4 || element.closest(unseen)) continue;
    if (!element.checkVisibility()) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < weakest[0]) weakest = [ratio, words.slice(0, 60)];
  }
  return weakest;
}"""
