"""The site in a browser: from a file, on a phone, in the dark, without a network."""

import pytest

from pages import PHONE, browser_page, contrast, fits, open_file

PAGES = ["index.html", "default/index.html", "inversion/index.html", "tutorial.html"]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("dark", [False, True])
def test_pages_open_without_a_network(site, name, dark):
    with browser_page(dark) as page:
        open_file(page, site / name, PHONE)
        assert fits(page)
        assert contrast(page) > 7


def test_a_table_is_found_from_the_start(site):
    with browser_page() as page:
        open_file(page, site / "index.html", {"width": 1280, "height": 800})
        page.get_by_role("link", name="Numbers of the default run").first.click()
        page.wait_for_url("**/default/index.html")
        assert page.get_by_role("heading", name="Table 4, image space").is_visible()
        assert page.locator("table").count() == 4


def test_functions_have_a_place(site):
    with browser_page() as page:
        open_file(page, site / "reference" / "library.html")
        assert page.locator("[id='cnninvert.solvers.one_step.one_step']").count() == 1
