"""Copies of the project, to run or to edit the workflow in."""

import shutil
from pathlib import Path

COPIED = (
    "Snakefile",
    "config.yaml",
    "README.md",
    "src",
    "workflow",
    "profiles",
    "presets",
    "tests",
)


def copy_workflow(source: Path, folder: Path) -> None:
    """Dates are kept: a script that is newer than a file makes Snakemake make it again."""
    for name in COPIED:
        if (source / name).is_dir():
            shutil.copytree(source / name, folder / name, copy_function=shutil.copy2)
        else:
            shutil.copy2(source / name, folder / name)


def copy_project(source: Path, folder: Path, data: Path) -> None:
    """The workflow, nothing computed, and a link to the data."""
    copy_workflow(source, folder)
    (folder / "results").mkdir()
    (folder / "results" / "data").symlink_to(data.resolve())
