"""Goes through the built site in a browser: python docs/site/walk.py [PICTURES]

Each page answers, says nothing on the console, asks no other host for anything and is no wider than a telephone; the
search finds ``ratio``. With a folder, some pages are pictured there at both widths. Without a browser it says so.
"""

import http.server
import os
import shutil
import sys
import threading
from functools import partial
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

SITE = Path(__file__).resolve().parents[2] / "build/site"
WIDTHS = {"wide": 1280, "narrow": 390}
PICTURED = (
    "docs/index.html",
    "docs/how-to/keep-choices.html",
    "docs/reference.html",
    "docs/gallery.html",
    "docs/notebook.html",
)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """The site's files, and no lines about them."""

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def main() -> int:
    """The number of pages with something wrong."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        print(
            "the site is not walked through: no Chromium (apt-get install chromium fonts-dejavu-core)", file=sys.stderr
        )
        return int("SYNTH_REQUIRE_SERVERS" in os.environ)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home = f"http://127.0.0.1:{server.server_port}"
    wrong: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": WIDTHS["narrow"], "height": 844})
        page.on("console", lambda said: wrong.append(f"{page.url}: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
        page.on("request", lambda asked: None if asked.url.startswith((home, "data:")) else wrong.append(asked.url))
        page.goto(f"{home}/index.html")
        page.wait_for_url("**/docs/index.html")
        version = page.url.removeprefix(home).split("/")[1]
        pages = sorted(path.relative_to(SITE / version).as_posix() for path in (SITE / version).rglob("*.html"))
        for name in pages:
            wrong += look(page, f"{home}/{version}/{name}")
        wrong += search(page, f"{home}/{version}/search.html?q=ratio")
        if len(sys.argv) > 1:
            picture(page, f"{home}/{version}", Path(sys.argv[1]))
        chromium.close()
    server.shutdown()
    print("\n".join([*wrong, f"{len(pages)} pages walked through, {len(wrong)} faults"]))
    return len(wrong)


def look(page: Page, address: str) -> list[str]:
    """What is wrong with a page."""
    answer = page.goto(address)
    if answer is None or not answer.ok:
        return [f"{address}: no answer"]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return [f"{address}: {wide} pixels wide"] if wide > WIDTHS["narrow"] else []


def search(page: Page, address: str) -> list[str]:
    """What is wrong with the search."""
    page.goto(address)
    # Results come one by one; only the line above them says when all are there.
    page.wait_for_function("/ found \\d/.test(document.querySelector('.search-summary')?.innerText)", timeout=20_000)
    found = page.locator("#search-results li a").all_inner_texts()
    return [] if any("Reference" in title or "describe" in title for title in found) else [f"ratio is found in {found}"]


def picture(page: Page, home: str, folder: Path) -> None:
    """Some pages as people see them, light and dark."""
    folder.mkdir(parents=True, exist_ok=True)
    for width, pixels in WIDTHS.items():
        page.set_viewport_size({"width": pixels, "height": 900})
        for name in PICTURED:
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                page.goto(f"{home}/{name}")
                page.screenshot(path=folder / f"{Path(name).stem}-{width}-{scheme}.png")


if __name__ == "__main__":
    raise SystemExit(main())
