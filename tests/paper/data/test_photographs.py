"""Photographs are chosen by seed, checked, split by photograph and cropped."""

import h5py
import numpy as np
import pytest
from PIL import Image

from machinery.errors import InputError
from paper.data.photographs import centre_crop, check, index, load, random_crop, write_crops


def picture(width, height, seed=0):
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.fixture
def folder(tmp_path):
    for group in ("a", "b"):
        (tmp_path / group / "not an image.png").mkdir(parents=True)
        for number in range(10):
            picture(80, 60, number).save(tmp_path / group / f"{number}ü.png")
    return tmp_path


def test_no_photograph_is_in_both_splits(folder):
    chosen = index(folder, train=8, test=6, seed=0)
    assert chosen["split"].value_counts().to_dict() == {"train": 8, "test": 6}
    assert chosen["path"].is_unique
    test = chosen.loc[chosen["split"] == "test", "path"]
    assert test.str[0].value_counts().to_dict() == {"a": 3, "b": 3}


def test_the_choice_depends_on_the_seed_alone(folder):
    first, again, other = (index(folder, 8, 6, seed) for seed in (0, 0, 1))
    assert first.equals(again)
    assert not first.equals(other)


def test_fewer_training_photographs_than_asked_for(folder):
    assert (index(folder, 100, 4, 0)["split"] == "train").sum() == 16


@pytest.mark.parametrize(
    ("test", "words"), [(11, "at most 10 may be test images"), (4, "cannot be read")]
)
def test_refusals(folder, test, words):
    if words == "cannot be read":
        for number in range(10):
            (folder / "b" / f"{number}ü.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=words):
        index(folder, 1, test, 0)


def test_an_empty_folder(tmp_path):
    with pytest.raises(InputError, match="holds no image"):
        index(tmp_path, 1, 1, 0)


def test_bad_images(tmp_path):
    cases = {}
    cases["transparent"] = Image.new("RGBA", (64, 64), (1, 2, 3, 100))
    cases["too few"] = picture(20, 400)
    cases["too oblong"] = picture(32, 1000)
    cases["no known scale"] = Image.new("I", (64, 64), 70000)
    palette = Image.new("P", (64, 64))
    palette.info["transparency"] = 0
    cases["transparent pixels"] = palette
    for words, image in cases.items():
        path = tmp_path / ("x.tiff" if image.mode == "I" else "x.png")
        image.save(path)
        with pytest.raises(InputError, match=words) as error:
            check(path)
        assert str(path) in str(error.value)
    whole = tmp_path / "whole.jpg"
    picture(200, 200).save(whole)
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(whole.read_bytes()[:2000])
    with pytest.raises(InputError, match="cannot be read"):
        check(cut)


def test_a_huge_image_is_refused_before_it_is_decoded(tmp_path):
    Image.new("1", (20000, 20000)).save(tmp_path / "x.png")
    with pytest.raises(InputError, match=r"too (many|large)"):
        check(tmp_path / "x.png")


def test_grey_and_opaque_images_become_rgb(tmp_path):
    Image.new("L", (64, 64), 7).save(tmp_path / "grey.png")
    Image.new("RGBA", (64, 64), (1, 2, 3, 255)).save(tmp_path / "opaque.png")
    assert load(tmp_path / "grey.png").getpixel((0, 0)) == (7, 7, 7)
    assert load(tmp_path / "opaque.png").getpixel((0, 0)) == (1, 2, 3)


def test_every_kind_of_image_becomes_8_bit_rgb(tmp_path):
    """Red at the left, blue at the right, or dark and bright; as a camera or a scanner saves it."""
    colours = Image.new("RGB", (80, 60), (255, 0, 0))
    colours.paste((0, 0, 255), (40, 0, 80, 60))
    ramp = np.full((60, 80), 1000, np.uint16)
    ramp[:, 40:] = 40000
    rotated = colours.rotate(90, expand=True)  # counter-clockwise; EXIF 6 turns it back
    exif = Image.Exif()
    exif[0x0112] = 6
    cases = {
        "palette.png": (colours.quantize(4), {}, (255, 0, 0), (0, 0, 255)),
        "cmyk.tiff": (colours.convert("CMYK"), {}, (255, 0, 0), (0, 0, 255)),
        "bits.png": (
            colours.convert("L").point(lambda v: 255 * (v > 50), "1"),
            {},
            *[(255,) * 3, (0,) * 3],
        ),
        "deep.png": (Image.fromarray(ramp), {}, (3, 3, 3), (155, 155, 155)),
        "deep.tiff": (Image.fromarray(ramp), {}, (3, 3, 3), (155, 155, 155)),
        "moving.gif": (
            colours,
            {"save_all": True, "append_images": [Image.new("RGB", (80, 60))]},
            *[(255, 0, 0), (0, 0, 255)],
        ),
        "rotated.png": (rotated, {"exif": exif}, (255, 0, 0), (0, 0, 255)),
    }
    for name, (image, options, left, right) in cases.items():
        image.save(tmp_path / name, **options)
        loaded = load(tmp_path / name)
        assert (loaded.mode, loaded.size) == ("RGB", (80, 60)), name
        assert loaded.getpixel((10, 30)) == left, name
        assert loaded.getpixel((70, 30)) == right, name


@pytest.mark.parametrize("size", [(300, 400), (500, 256), (60, 50), (1920, 1080)])
def test_crops_have_one_size(size):
    image = picture(*size)
    assert centre_crop(image).shape == (3, 224, 224)
    assert random_crop(image, np.random.default_rng(0)).shape == (3, 224, 224)


def test_crops_on_file(folder, tmp_path):
    chosen = index(folder, train=5, test=2, seed=0)
    write_crops(folder, chosen, crops=3, seed=0, path=tmp_path / "p.h5")
    with h5py.File(tmp_path / "p.h5") as file:
        assert file["test"].shape == (2, 3, 224, 224)
        assert file["train"].shape == (15, 3, 224, 224)
        first = chosen.loc[chosen["split"] == "train", "path"].iloc[0]
        assert (file["train"][0] == centre_crop(load(folder / first))).all()
        assert len(set(file["train_path"][:].tolist())) == 5


def test_large_crops_are_not_enlarged_from_a_smaller_reading(tmp_path):
    stripes = np.zeros((1600, 1600, 3), np.uint8)
    stripes[:, ::2] = 255  # one pixel wide: gone when read at half the size
    Image.fromarray(stripes).save(tmp_path / "stripes.jpg", quality=100, subsampling=0)
    small, large = (load(tmp_path / "stripes.jpg", side) for side in (512, 1600))
    assert small.size == (800, 800) and large.size == (1600, 1600)
    assert np.asarray(large).std() > 100
