"""The gallery and the report of a run in a browser, from files, without a network."""

import re
import zipfile
from pathlib import Path

import pytest

from pages import PHONE, browser_page, contrast, open_file


def test_gallery(project):
    gallery = project.file("results/tiny/gallery/index.html")
    with browser_page(dark=True) as page:
        open_file(page, gallery, PHONE)
        assert contrast(page) > 7
        tables = page.locator("table")
        options = page.locator("#choice option")
        assert tables.count() == options.count() > 1

        page.select_option("#choice", index=1)
        shown = [each.is_visible() for each in tables.all()]
        assert shown == [number == 1 for number in range(len(shown))]

        table = tables.nth(1)
        table.locator("thead button").nth(1).click()
        column = table.locator("tbody tr td:nth-child(2)[data-error]").all()
        errors = [float(cell.get_attribute("data-error")) for cell in column]
        assert errors == sorted(errors) and errors

        picture = table.locator("tbody a").first
        assert picture.locator("img").evaluate("image => image.decode().then(() => image.width)")
        picture.click()
        assert page.url.endswith((".jpg", ".png"))


@pytest.fixture(scope="module")
def report(project, tmp_path_factory) -> Path:
    """The report's first page, in a folder of its own."""
    project.run("--report", "report.zip")
    folder = tmp_path_factory.mktemp("report")
    with zipfile.ZipFile(project.file("report.zip")) as archive:
        archive.extractall(folder)
    (page,) = folder.rglob("report.html")
    return page


def test_report_has_captions(report):
    assert "Photographs that no decoder saw" in report.read_text()


def test_report_in_the_order_of_the_paper(report):
    with browser_page() as page:
        open_file(page, report, {"width": 1280, "height": 800})
        page.get_by_text("8 Verdicts").first.wait_for()
        parts = re.findall(r"^\d .*$", page.inner_text("body"), re.MULTILINE)
        assert parts[0] == "1 Table 1" and parts == sorted(parts) and len(parts) >= 8
        page.get_by_text("6 Figure 4").click()
        page.get_by_text("figure4_pool4_known").first.wait_for()
        assert page.get_by_text("gallery", exact=True).first.is_visible()
