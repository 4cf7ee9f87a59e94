"""The default photographs: colour photographs that registry packages carry."""

import shutil
from pathlib import Path

from machinery import fetch
from machinery.errors import InputError
from machinery.files import sha256

BING = (
    "@ocoke/bing-wallpaper@1.0.0",
    "3689bdc082259a3fdabb052cd330793807957ec246623164c629370f37c5fedb",
)
DISHES = (
    "jojo-recipe-images@1.0.25",
    "2e6cbd3a4b33ee931ade265ed2ac6ad7c83dfebf5705922c98154c9e46c06013",
)
TOOLBOX = (
    "machinevision-toolbox-python==0.5.5",
    "a24d9c6d94316a0d8aaca08a5ee017242264005e41311b821fbb70eebe571b12",
)

# The toolbox's colour photographs, one of each scene; the rest are diagrams, grey or drawn.
TOOLBOX_NAMES = (
    *("58060", "building2-3", "church", "eiffel2-1", "greenscreen", "notre-dame", "parks", "road"),
    *("rocks2-l", "roof", "tomato_124", "walls-l", "yellowtargets"),
    *(f"flowers{i}" for i in range(1, 10)),
)


def download(folder: Path, scratch: Path) -> None:
    """Fetch all photographs into ``folder``/{bing,dishes,toolbox}, one file a photograph."""

    def mirror() -> None:
        bing = fetch.npm(*BING, scratch / "bing")
        _copy(sorted(bing.glob("wallpaper/*.jpg")), folder / "bing")
        dishes = fetch.npm(*DISHES, scratch / "dishes")
        _copy(_distinct(sorted(dishes.glob("images/*.jpg"))), folder / "dishes")
        toolbox = fetch.pypi(*TOOLBOX, scratch / "toolbox")
        found = {path.stem: path for path in toolbox.rglob("*.png")}
        missing = [name for name in TOOLBOX_NAMES if name not in found]
        if missing:
            raise InputError(f"PyPI package {TOOLBOX[0]}: {missing[0]}.png is not in it.")
        _copy([found[name] for name in TOOLBOX_NAMES], folder / "toolbox")

    # These packages are the photographs' only source, whatever the order.
    fetch.first_that_works("the default photographs", {"mirror": mirror}, ["mirror"])


def _distinct(paths: list[Path]) -> list[Path]:
    first: dict[str, Path] = {}
    for path in paths:
        first.setdefault(sha256(path), path)
    return list(first.values())


def _copy(paths: list[Path], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        shutil.copyfile(path, folder / path.name)
