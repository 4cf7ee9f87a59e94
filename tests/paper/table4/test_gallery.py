"""The gallery is complete, works without a network, and copes with names and gaps."""

from html.parser import HTMLParser
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from paper.table4 import methods
from table4 import write_gallery as script
from table4.write_gallery import write_gallery

TEMPLATE = Path(__file__).parents[3] / "workflow" / "data" / "gallery.html"
NAMES = ['a/<b> & "c".jpg', "ä.jpg", "z.jpg"]
# Methods and how many photographs they have, by the part that is decoded in one job.
PARTS = {"iht": {"learned_iht": 1}, "one_step": {"noise": 3, "original": 3}}


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
    parts = [f"{decoder}-{part}" for decoder in ("pool1-known", "pool2-fixed") for part in PARTS]
    for part in parts:
        rows = []
        with h5py.File(tmp_path / f"{part}.h5", "w") as file:
            file["paths"] = [name.encode() for name in NAMES]
            for method, count in PARTS[part.rpartition("-")[2]].items():
                file[method] = pictures(count) / np.float32(255)
                rows += [(name, method, 0.25) for name in NAMES[:count]]
        table = pd.DataFrame(rows, columns=["image", "method", "error"])
        table.assign(reference="picture", pixels="unit").to_csv(tmp_path / f"{part}.csv")
    files = {
        "template": TEMPLATE,
        "photographs": tmp_path / "photographs.h5",
        "pictures": [tmp_path / f"{part}.h5" for part in parts],
        "errors": [tmp_path / f"{part}.csv" for part in parts],
    }
    output = tmp_path / "gallery"
    write_gallery(**files, gallery=output)
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

    monkeypatch.setattr(script, "part", fail)
    output = tmp_path / "again" / "gallery"
    pictures, errors = [tmp_path / "x-y-z.h5"], [tmp_path / "x-y-z.csv"]
    with pytest.raises(OSError, match="disk full"):
        write_gallery(TEMPLATE, tmp_path / "photographs.h5", pictures, errors, output)
    assert list(output.parent.iterdir()) == []
