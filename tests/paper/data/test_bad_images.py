"""Images and folders of every bad kind are refused in one sentence, and odd ones are read."""

import io
import os

import numpy as np
import pytest
from PIL import Image

from machinery.errors import InputError
from paper.data.photographs import index, load, shown
from paper.settings.plan import folder_digest


def save_image(path, mode="RGB", size=(64, 64)):
    Image.new(mode, size).save(path)


def tall(path):
    save_image(path, "1", (20000, 20000))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_bytes(b"no image"), "this image cannot be read"),
        (lambda path: path.write_bytes(b""), "this image cannot be read"),
        (tall, "the image"),
        (lambda path: save_image(path, size=(16, 16)), "16 x 16 pixels are too few"),
        (lambda path: save_image(path, "RGBA"), "transparent pixels"),
        (lambda path: path.write_bytes(b"GIF89a" + 50 * b"\xff"), "cannot be read"),
    ],
    ids=["text", "empty", "huge", "tiny", "transparent", "header"],
)
def test_bad_images_in_a_folder(make, words, refuse, tmp_path):
    for number in range(3):
        save_image(tmp_path / f"{number}.png")
    make(tmp_path / "1.png")
    assert str(tmp_path / "1.png") in refuse(words, index, tmp_path, 2, 1, 0)
    save_image(tmp_path / "1.png")
    assert len(index(tmp_path, 2, 1, 0)) == 3


@pytest.mark.parametrize("name", [b"caf\xe9.png", b"two\nlines.png", b"bell\a.png"])
def test_names_that_are_no_line_of_text(name, refuse, tmp_path):
    save_image(tmp_path / "a.png")
    os.link(tmp_path / "a.png", os.fsencode(tmp_path) + b"/" + name)
    refuse("is not one line of text; rename it", index, tmp_path, 1, 1, 0)
    assert folder_digest(str(tmp_path))


def test_folders_that_hold_odd_things_pass(tmp_path):
    for name in ("a {brace}.png", "naïve 图像.png", "a b.png", "*.png"):
        save_image(tmp_path / name)
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    (tmp_path / "nowhere.png").symlink_to(tmp_path / "no such.png")
    (tmp_path / "again").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.png")
    save_image(tmp_path / "print.tiff", "CMYK")
    save_image(tmp_path / "scan.png", "I;16")
    before = folder_digest(str(tmp_path))
    chosen = index(tmp_path, 9, 1, 0)
    assert {"print.tiff", "scan.png", "a {brace}.png"} <= set(chosen["path"])
    assert not {"loop.png", "nowhere.png", "pipe.png"} & set(chosen["path"])
    save_image(tmp_path / "one more.png")
    assert folder_digest(str(tmp_path)) != before


def test_folders_without_images(refuse, tmp_path):
    refuse("the folder holds no image", index, tmp_path, 1, 1, 0)
    refuse("there is no such folder", index, tmp_path / "x", 1, 1, 0)
    refuse("no test photograph matches; the first is a.png", shown, ["a.png"], "b*")
    refuse("cannot be read", load, tmp_path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF"])
def test_every_damaged_image_is_refused_or_read(kind, tmp_path, recwarn):
    rng, packed, path = np.random.default_rng(0), io.BytesIO(), tmp_path / "image"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(
        packed, kind, **({} if kind in ("BMP", "GIF") else {"exif": exif})
    )
    refused = 0
    for _ in range(100):
        content = bytearray(packed.getvalue())
        for place in rng.integers(200, size=4):
            content[place] = rng.integers(256)
        path.write_bytes(content)
        try:
            assert load(path).mode == "RGB"
        except InputError as error:
            assert str(path) in str(error)
            refused += 1
    assert refused and not recwarn.list
