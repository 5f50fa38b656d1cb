"""Pictures of a running site's pages: wide and phone, light and dark.

    python bench/screenshots.py http://127.0.0.1:8000 docs/screenshots

Asks the README's question of the sample library, opens its first citation in a paper and its first
in a recording, and saves every page as WebP. It says when a page is wider than its window.
"""

import argparse
import io
import json
import shutil
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
SIZES = {"wide": (1280, 800), "phone": (360, 740)}
SCHEMES = ("light", "dark")


def question() -> str:
    """The README's: the first of the sample library's."""
    return str(json.loads((ROOT / "sample/questions.json").read_text())[0]["question"])


def addresses(browser: Browser, base: str) -> dict[str, str]:
    """The pages worth a picture, by name."""
    results = f"{base}/search?q={urllib.parse.quote(question())}"
    page = browser.new_page()
    page.goto(results, wait_until="networkidle")
    links = page.eval_on_selector_all(
        "#answer a[href*='/documents/']", "found => found.map(a => a.href)"
    )
    page.close()
    found = {"home": base, "library": f"{base}/corpora/sample/", "results": results}
    for name, kind in (("page", "page"), ("recording", "recording")):
        link = next((link for link in links if _kind(browser, link) == kind), "")
        if link:
            found[name] = link
    return found


def _kind(browser: Browser, link: str) -> str:
    page = browser.new_page()
    page.goto(link, wait_until="domcontentloaded")
    kind = "recording" if page.locator("video, audio").count() else "page"
    page.close()
    return kind


def pictures(browser: Browser, found: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """Every page in every size and scheme: the file's stem and a PNG."""
    for scheme in SCHEMES:
        for size, (width, height) in SIZES.items():
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=scheme,  # type: ignore[arg-type]
                locale="en-GB",
            )
            page = context.new_page()
            for name, address in found.items():
                page.goto(address, wait_until="networkidle")
                _warn_if_wide(page, f"{name}-{size}-{scheme}", width)
                yield f"{name}-{size}-{scheme}", page.screenshot()
            context.close()


def _warn_if_wide(page: Page, name: str, width: int) -> None:
    needed = int(page.evaluate("document.documentElement.scrollWidth"))
    if needed > width:
        print(f"{name}: {needed} pixels wide in a window of {width}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("base")
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        found = addresses(browser, options.base.rstrip("/"))
        for name, png in pictures(browser, found):
            with Image.open(io.BytesIO(png)) as picture:
                picture.save(options.folder / f"{name}.webp", quality=80)
            print(name)
        browser.close()


if __name__ == "__main__":
    main()
