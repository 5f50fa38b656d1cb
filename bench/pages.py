"""How soon a page of a running MMSearch shows something, and what its processes hold.

    python bench/pages.py http://127.0.0.1:8000 [--question "…"] [--times 10]

First paint is Chromium's own first contentful paint, cold and warm, against the smallest page the
same server has (``/healthz``). Memory is read for each process below the supervisor.
"""

import argparse
import shutil
import statistics
import time
import urllib.parse
import urllib.request

import psutil
from playwright.sync_api import Page, sync_playwright

FIRST_PAINT = """() => new Promise(done => {
  const seen = performance.getEntriesByName('first-contentful-paint')[0];
  if (seen) { done(seen.startTime); return; }
  new PerformanceObserver(list => {
    const entry = list.getEntriesByName('first-contentful-paint')[0];
    if (entry) done(entry.startTime);
  }).observe({type: 'paint', buffered: true});
})"""


def first_paint(page: Page, url: str) -> float:
    """Milliseconds from the request to the first text or picture."""
    page.goto(url, wait_until="load")
    return float(page.evaluate(FIRST_PAINT))


def answer_time(url: str) -> float:
    """Milliseconds until the whole answer of the server has been read."""
    began = time.perf_counter()
    with urllib.request.urlopen(url) as response:
        response.read()
    return (time.perf_counter() - began) * 1000


def paints(base: str, question: str, times: int) -> None:
    query = urllib.parse.quote(question)
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        smallest = statistics.median(answer_time(f"{base}/healthz") for _ in range(times))
        print(f"{'smallest answer of the server':34}{smallest:9.0f} ms")
        for name, path in (("home", "/"), ("results and answer", f"/search?q={query}")):
            cold = first_paint(page, base + path)
            warm = sorted(first_paint(page, base + path) for _ in range(times))
            print(
                f"{name:20} first paint {cold:7.0f} ms cold, {statistics.median(warm):7.0f} ms "
                f"median, {warm[-1]:7.0f} ms at most of {times}"
            )
        browser.close()


def memory() -> None:
    """Megabytes of each process of the site."""
    total = 0.0
    for root in psutil.process_iter(["cmdline"]):
        if "mmsearch_site.supervise" not in " ".join(root.info["cmdline"] or []):
            continue
        for process in [root, *root.children(recursive=True)]:
            try:
                mapped = process.memory_full_info()
                name = " ".join(process.cmdline())[-70:]
            except psutil.Error:
                continue
            total += mapped.pss
            if mapped.rss > 30e6:
                print(f"{mapped.rss / 1e6:8.0f} MB resident {mapped.pss / 1e6:8.0f} MB own  {name}")
    print(f"{total / 1e6:8.0f} MB together, shared pages counted once")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("base")
    parser.add_argument("--question", default="How far can the lamp be seen?")
    parser.add_argument("--times", type=int, default=10)
    options = parser.parse_args()
    print("idle:")
    memory()
    paints(options.base.rstrip("/"), options.question, options.times)
    print("after these questions:")
    memory()


if __name__ == "__main__":
    main()
