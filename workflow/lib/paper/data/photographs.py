"""Photographs: choosing, checking, splitting and cropping them."""

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageOps

from machinery.errors import InputError
from machinery.files import sha256
from machinery.hdf5 import atomic_hdf5, write_rows
from machinery.progress import progress

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"}
SHORT_SIDE, CROP = 256, 224  # pixels; the usual evaluation crop of ImageNet networks
MAX_PIXELS = 100_000_000
MAX_RATIO = 20  # of the sides; at 256 pixels, a thin strip would not fit in memory


def index(root: Path, train: int, test: int, seed: int) -> pd.DataFrame:
    """Choose and check ``train`` + ``test`` photographs of ``root``; no photograph is in both.

    The test photographs are drawn in equal parts from each sub-folder that holds images (from
    all images, where there are none), at most half of a sub-folder; then the training ones from
    all that are left, fewer if there are not enough. Every chosen image is decoded once, so that
    a bad file is found before any long work. Columns: split, path (relative), height, width.
    """
    groups = _groups(root)
    rng = np.random.default_rng(seed)
    in_turn, available = _in_turn(groups, rng)
    if test > available:
        raise InputError(
            f"images.test = {test}, but the folder {root} has {sum(map(len, groups.values()))} "
            f"images, of which at most {available} may be test images; lower images.test."
        )
    chosen = list(islice(in_turn, test))
    left = _left(groups, chosen, rng)
    rows = [("test", name) for name in chosen] + [("train", name) for name in left[:train]]
    frame = pd.DataFrame(rows, columns=["split", "path"])
    sizes = [check(root / name) for name in progress(frame["path"], "photographs checked")]
    frame[["height", "width"]] = sizes
    return frame


def every(root: Path, seed: int, count: int | None = None) -> list[str]:
    """``count`` photographs of ``root``, by their relative paths; all of them for None.

    ``index``'s test photographs of the same seed come first, in the same order. None is decoded.
    InputError if there are fewer.
    """
    groups = _groups(root)
    rng = np.random.default_rng(seed)
    chosen = list(_in_turn(groups, rng)[0])
    names = chosen + _left(groups, chosen, rng)
    if count is not None and count > len(names):
        raise InputError(
            f"network.images = {count}, but the folder {root} has {len(names)} images; "
            "lower network.images."
        )
    return names[:count]


def checksums(root: Path, names: Sequence[str]) -> list[str]:
    """SHA-256 of each photograph, so that one that is overwritten is another for later rules."""
    return [sha256(root / name) for name in progress(names, "photographs read")]


def _in_turn(groups: dict[str, list[str]], rng: np.random.Generator) -> tuple[Iterator[str], int]:
    """At most half of each group's names, one of each group in turn; and how many there are."""
    queues = [list(rng.permutation(names)) for names in groups.values()]
    limits = [(len(queue) + 1) // 2 for queue in queues]

    def take() -> Iterator[str]:
        for turn in range(max(limits)):
            for queue, limit in zip(queues, limits, strict=True):
                if turn < limit:
                    yield queue.pop()

    return take(), sum(limits)


def _left(groups: dict[str, list[str]], chosen: list[str], rng: np.random.Generator) -> list[str]:
    """The names that are not ``chosen``, in a random order."""
    taken = set(chosen)
    left = sorted(name for names in groups.values() for name in names if name not in taken)
    return list(rng.permutation(left))


def shown(names: list[str], pattern: str | None) -> list[int]:
    """Numbers of the test photographs ``names`` that figure4.photographs, a ``pattern``, matches.

    InputError if there are none.
    """
    numbers = [number for number, name in enumerate(names) if fnmatch(name, pattern or "*")]
    if not numbers:
        raise InputError(
            f"config: figure4.photographs = {pattern}: no test photograph matches; "
            f"the first is {names[0]}."
        )
    return numbers


def _groups(root: Path) -> dict[str, list[str]]:
    if not root.is_dir():
        raise InputError(f"images.root = {root}: there is no such folder.")
    groups: dict[str, list[str]] = {}
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.name[0] != "." and path.is_file():
            groups.setdefault(str(path.parent), []).append(str(path.relative_to(root)))
    for name in (name for names in groups.values() for name in names):
        if re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", name):
            printed = name.encode("utf-8", "backslashreplace").decode()
            raise InputError(
                f"images.root = {root}: the name {printed!r} is not one line of text; rename it."
            )
    if not groups:
        raise InputError(
            f"images.root = {root}: the folder holds no image ({', '.join(sorted(SUFFIXES))})."
        )
    # A folder a class, as ILSVRC training has it: too many groups to balance over.
    if len(groups) > 20:
        groups = {"all": sorted(name for names in groups.values() for name in names)}
    return groups


def check(path: Path) -> tuple[int, int]:
    """Decode one image; its (height, width), or InputError if it cannot be used."""
    load(path)
    with _opened(path) as picture:
        return picture.height, picture.width


def load(path: str | Path, side: int = 2 * SHORT_SIDE) -> Image.Image:
    """An image as 8-bit RGB, upright; of an animation, the first frame.

    Large ones may be read at a smaller scale, at which no side is less than ``side`` pixels.

    Grey, 16-bit, palette and CMYK images are converted. Raises InputError for transparency, pixels
    on no known scale, and sizes that cannot be used.
    """
    try:
        # What is odd and does not matter would be warned of.
        with warnings.catch_warnings(action="ignore"), _opened(path) as picture:
            return _loaded(path, picture, side)
    except (InputError, MemoryError):
        raise
    except Exception as error:  # whatever a damaged file leads to
        raise InputError(
            f"{path}: this image cannot be read ({error}); remove or replace it."
        ) from error


@contextmanager
def _opened(path: str | Path) -> Iterator[Image.Image]:
    """The image file, without Pillow's own limit of pixels, which is below ours."""
    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(path) as picture:
            yield picture
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _loaded(path: str | Path, picture: Image.Image, side: int) -> Image.Image:
    _check_size(path, picture.width, picture.height)
    transparent = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    if transparent and picture.convert("RGBA").getextrema()[3][0] < 255:
        raise InputError(
            f"{path}: the image has transparent pixels; flatten, remove or replace it."
        )
    # JPEGs are decoded at the smallest scale that is large enough: several times faster.
    picture.draft("RGB", (side, side))
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I;16"):
        # Pillow would clip at 255.
        upright = Image.fromarray((np.asarray(upright) // 257).astype(np.uint8))
    if upright.mode in ("I", "F"):
        raise InputError(
            f"{path}: pixels of 32 bits have no known scale; save the image with 8 or 16."
        )
    return upright.convert("RGB")


def _check_size(path: str | Path, width: int, height: int) -> None:
    size = f"{path}: {width} x {height} pixels are"
    if width * height > MAX_PIXELS:
        raise InputError(
            f"{size} too many (at most {MAX_PIXELS / 1e6:.0f} million); shrink or remove the image."
        )
    if min(width, height) < 32:
        raise InputError(f"{size} too few (at least 32 a side); remove or replace the image.")
    if max(width, height) > MAX_RATIO * min(width, height):
        raise InputError(
            f"{size} too oblong (at most 1 : {MAX_RATIO}); crop, remove or replace the image."
        )


def centre_crop(picture: Image.Image, size: int = CROP) -> np.ndarray:
    """Short side to 256 pixels (bicubic), then the centre 224 x 224: (3, 224, 224) uint8.

    ``size``: in place of 224; the short side grows with it.
    """
    resized = _short_side(picture, round(size * SHORT_SIDE / CROP))
    left, top = (resized.width - size) // 2, (resized.height - size) // 2
    return _array(resized.crop((left, top, left + size, top + size)))


def random_crop(picture: Image.Image, rng: np.random.Generator) -> np.ndarray:
    """Short side to 224-448 pixels (no more than the image has), then a random 224 x 224 crop."""
    most = min(max(min(picture.size), SHORT_SIDE), 2 * CROP)
    resized = _short_side(picture, int(rng.integers(CROP, most + 1)))
    left = int(rng.integers(resized.width - CROP + 1))
    top = int(rng.integers(resized.height - CROP + 1))
    return _array(resized.crop((left, top, left + CROP, top + CROP)))


def write_crops(root: Path, chosen: pd.DataFrame, crops: int, seed: int, path: Path) -> None:
    """Write ``path`` (HDF5): datasets test (N, 3, 224, 224) and train (crops a photograph).

    Test images are centre crops; the first crop of a training photograph is its centre crop, the
    others are random. Datasets test_path and train_path hold the photographs' names. Photographs
    are read and written one at a time.
    """
    rng = np.random.default_rng([seed, 1])
    with atomic_hdf5(path) as file:
        for split, each in (("test", 1), ("train", crops)):
            names = chosen.loc[chosen["split"] == split, "path"].tolist()
            shape = (len(names) * each, 3, CROP, CROP)
            images = file.create_dataset(split, shape, "u1", chunks=(1, 3, CROP, CROP))
            paths = np.repeat([name.encode() for name in names], each)
            write_rows(file, f"{split}_path", 0, len(paths), paths)
            for number, name in enumerate(progress(names, f"{split} photographs cropped")):
                picture = load(root / name)
                images[number * each] = centre_crop(picture)
                for extra in range(1, each):
                    images[number * each + extra] = random_crop(picture, rng)
        file.attrs.update(short_side=SHORT_SIDE, crop=CROP, channels="RGB", seed=seed)


def _short_side(picture: Image.Image, length: int) -> Image.Image:
    scale = length / min(picture.size)
    size = [max(length, round(side * scale)) for side in picture.size]
    return picture.resize(size, Image.Resampling.BICUBIC)


def _array(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture).transpose(2, 0, 1)
