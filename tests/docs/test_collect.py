"""./docs.sh collect takes from a run what the documents show of it."""

import json

import pytest
from PIL import Image

from collect import collect, shown_as


@pytest.fixture
def results(tmp_path):
    """A preset's folder with a table, a network's table and figure, and the manifest of them."""
    folder = tmp_path / "results"
    names = ["tables/table1.csv", "networks/vgg16/tables/horizon.csv", "stats/a/b.csv"]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    figure = folder / "networks/vgg16/figures/inverted.png"
    figure.parent.mkdir()
    Image.new("RGBA", (3200, 10), "red").save(figure)
    files = dict.fromkeys([*names, str(figure.relative_to(folder))], "0" * 64)
    config = {"images": {"root": "/home/someone/ilsvrc"}, "device": "auto"}
    manifest = {"files": files, "config": config, "other_settings": {}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def collected(results, docs, *names):
    for name in names:
        (docs / name).parent.mkdir(parents=True, exist_ok=True)
        (docs / name).touch()
    collect(results, docs)


def test_what_is_there_already_is_replaced(results, tmp_path):
    docs = tmp_path / "docs"
    collected(results, docs, "table1.csv", "vgg16/horizon.csv", "stats/a/b.csv")
    assert (docs / "table1.csv").read_text() == "tables/table1.csv"
    assert (docs / "vgg16/horizon.csv").read_text() == "networks/vgg16/tables/horizon.csv"
    assert (docs / "stats/a/b.csv").read_text() == "stats/a/b.csv"
    assert not (docs / "vgg16/inverted.png").exists()


def test_a_jpeg_is_the_figure_no_wider_than_a_page(results, tmp_path):
    collected(results, tmp_path / "docs", "vgg16/inverted.jpg")
    with Image.open(tmp_path / "docs/vgg16/inverted.jpg") as image:
        assert image.size == (1600, 5) and image.getpixel((800, 2))[0] > 240


def test_a_file_that_the_run_has_not_made_is_named(results, tmp_path):
    with pytest.raises(SystemExit, match=r"table9\.csv"):
        collected(results, tmp_path / "docs", "table9.csv")
    assert not (tmp_path / "docs" / "manifest.json").exists()


def test_the_manifest_says_nothing_of_folders_outside(results, tmp_path):
    collected(results, tmp_path / "docs", "table1.csv")
    config = json.loads((tmp_path / "docs/manifest.json").read_text())["config"]
    assert config == {"images": {"root": ".../ilsvrc"}, "device": "auto"}


def test_names():
    assert shown_as("networks/resnet18/figures/one_step.png") == "resnet18/one_step.png"
