"""The gallery is complete, works without a network, and copes with names and gaps."""

from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pandas as pd
import pytest
from PIL import Image

import write_gallery
from cnninvert import methods

TEMPLATE = Path(__file__).parents[2] / "workflow" / "data" / "gallery.html"
NAMES = ['a/<b> & "c".jpg', "ä.jpg", "z.jpg"]
METHODS = {"noise": 3, "original": 3, "learned_iht": 1}  # and how many photographs they have


class Page(HTMLParser):
    """All tags with their attributes, and all text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(data.strip())

    def all(self, name):
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)

    def pictures(count):
        return rng.integers(0, 256, (count, 3, 224, 224), dtype=np.uint8)

    with h5py.File(tmp_path / "photographs.h5", "w") as file:
        file["test"] = pictures(len(NAMES))
        file["test_path"] = [name.encode() for name in NAMES]
    parts = ["pool1-known", "pool2-fixed"]
    for part in parts:
        rows = []
        with h5py.File(tmp_path / f"{part}.h5", "w") as file:
            file["paths"] = [name.encode() for name in NAMES]
            for method, count in METHODS.items():
                file[method] = pictures(count)
                rows += [(name, method, 0, 0.25) for name in NAMES[:count]]
        table = pd.DataFrame(rows, columns=["image", "method", "bank", "error"])
        table.assign(reference="picture", pixels="unit").to_csv(tmp_path / f"{part}.csv")
    files = {
        "template": str(TEMPLATE),
        "photographs": str(tmp_path / "photographs.h5"),
        "pictures": [str(tmp_path / f"{part}.h5") for part in parts],
        "errors": [str(tmp_path / f"{part}.csv") for part in parts],
    }
    output = tmp_path / "gallery"
    write_gallery.main(
        SimpleNamespace(input=SimpleNamespace(**files), output=SimpleNamespace(gallery=output))
    )
    return output


def test_every_picture_is_there_and_shown(folder):
    page = Page((folder / "index.html").read_text())
    images = page.all("img")
    assert len(images) == 2 * (3 + 3 + 3 + 1)
    assert [link["href"] for link in page.all("a")] == [image["src"] for image in images]
    assert {str(path.relative_to(folder)) for path in folder.rglob("*.jpg")} == {
        image["src"] for image in images
    }
    assert all(image["loading"] == "lazy" for image in images)
    assert len(page.all("td")) == 2 * 3 * 4  # an empty cell where there is no picture
    assert [attributes["data-error"] for attributes in page.all("td") if attributes].count(
        "0.25"
    ) == 2 * 7
    with Image.open(folder / images[0]["src"]) as image:
        assert image.size == (224, 224)


def test_methods_and_decoders_have_names_in_words(folder):
    page = Page((folder / "index.html").read_text())
    assert [table["id"] for table in page.all("table")] == ["pool1-known", "pool2-fixed"]
    assert {"pool(1), known switches", "pool(2), fixed switches"} <= set(page.words)
    titles = [
        "photograph",
        *(methods.METHODS[name] for name in ("original", "noise", "learned_iht")),
    ]
    assert [word for word in page.words if word in titles] == titles * 2


def test_names_are_escaped(folder):
    text = (folder / "index.html").read_text()
    page = Page(text)
    assert page.all("img")[0]["title"] == f"{NAMES[0]}: photograph"
    assert not page.all("b")


def test_the_page_asks_for_nothing_from_outside(folder):
    text = (folder / "index.html").read_text()
    assert "//" not in text.split("<script>")[0]
    assert not [
        tag for tag, attributes in Page(text).tags if tag == "link" or "://" in str(attributes)
    ]


def test_nothing_is_left_if_a_picture_cannot_be_written(folder, tmp_path, monkeypatch):
    def fail(*arguments):
        raise OSError("disk full")

    monkeypatch.setattr(write_gallery, "part", fail)
    output = tmp_path / "again" / "gallery"
    files = {"template": str(TEMPLATE), "photographs": str(tmp_path / "photographs.h5")}
    files |= {"pictures": ["x-y.h5"], "errors": ["x-y.csv"]}
    with pytest.raises(OSError, match="disk full"):
        write_gallery.main(
            SimpleNamespace(input=SimpleNamespace(**files), output=SimpleNamespace(gallery=output))
        )
    assert list(output.parent.iterdir()) == []
