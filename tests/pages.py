"""A page in a real browser, without a network."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PHONE = {"width": 375, "height": 720}


@contextmanager
def browser_page(dark: bool = False) -> Iterator:
    """A page of Playwright's in Debian's Chromium; the test is skipped where there is none.

    At the end, the page must have printed no error and asked for nothing beyond this machine.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no Chromium; on Debian: apt install chromium")
    sync_api = pytest.importorskip("playwright.sync_api")
    errors, requests = [], []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page(color_scheme="dark" if dark else "light")
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
        page.on("request", lambda request: requests.append(request.url))
        yield page
        browser.close()
    assert errors == []
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []


def open_file(page, path: Path, size: dict | None = None) -> None:
    """Open a file, on a screen of ``size``, such as PHONE, and wait until it is drawn."""
    if size:
        page.set_viewport_size(size)
    page.goto(path.as_uri(), wait_until="load")


def fits(page) -> bool:
    """Whether nothing sticks out to the right of the screen."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def contrast(page) -> float:
    """The contrast ratio of the page's text with its background (WCAG 2.2)."""
    return page.evaluate(
        """() => {
        const rgb = colour => {
            const canvas = document.createElement("canvas").getContext("2d");
            canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
            return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
        };
        const luminance = colour => rgb(colour).map(c => c / 255)
            .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
            .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
        const style = getComputedStyle(document.body);
        const [a, b] = [luminance(style.color), luminance(style.backgroundColor)];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    }"""
    )
