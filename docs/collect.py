"""Copy what docs/ shows of a run from the run's results.

    ./docs.sh collect results/default

takes the manifest, and each table, figure and statistic that docs/<preset> has already: to show
another one, create an empty file of its name first. tables/, figures/ and networks/ are left out of
paths, so that networks/vgg16/tables/horizon.csv is docs/<preset>/vgg16/horizon.csv. A .jpg is made
of the .png of the same name.
"""

import json
import shutil
import sys
from pathlib import Path

from PIL import Image

DOCS = Path(__file__).parent
LEFT_OUT = {"networks", "tables", "figures"}
WIDTH = 1600  # pixels of a .jpg, at most


def shown_as(name: str) -> str:
    """Where docs/<preset> has a file of the results: stats/a.csv, table1.csv, vgg16/horizon.csv."""
    return "/".join(part for part in Path(name).parts if part not in LEFT_OUT)


def without_folders(value):
    """Settings, of the machine's own paths only the last part: .../imagenet for /data/imagenet."""
    if isinstance(value, dict):
        return {key: without_folders(each) for key, each in value.items()}
    if isinstance(value, str) and value.startswith(("/", "~")):
        return f".../{Path(value).name}"
    return value


def collect(results: Path, docs: Path) -> None:
    """Copy from ``results``, a preset's folder, what ``docs``, its folder here, has."""
    manifest = json.loads((results / "manifest.json").read_text())
    sources = {shown_as(name): results / name for name in manifest["files"]}
    shown = [path for path in sorted(docs.rglob("*")) if path.suffix in (".csv", ".png", ".jpg")]
    copies = {path: _source(path, docs) for path in shown}
    if missing := [str(path) for path, name in copies.items() if name not in sources]:
        sys.exit(f"{results} has nothing for {', '.join(missing)}: make it, or delete the copy.")
    for path, name in copies.items():
        if path.suffix == ".jpg":
            _write_jpeg(sources[name], path)
        else:
            shutil.copyfile(sources[name], path)
    for part in ("config", "other_settings"):
        manifest[part] = without_folders(manifest[part])
    docs.mkdir(exist_ok=True)
    (docs / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def _source(path: Path, docs: Path) -> str:
    name = path.relative_to(docs)
    return (name.with_suffix(".png") if name.suffix == ".jpg" else name).as_posix()


def _write_jpeg(source: Path, path: Path) -> None:
    with Image.open(source) as image:
        picture = image.convert("RGB")
    picture.thumbnail((WIDTH, picture.height))
    picture.save(path, quality=85, optimize=True)


if __name__ == "__main__":
    for folder in map(Path, sys.argv[1:]):
        collect(folder, DOCS / folder.resolve().name)
