"""What differs between two runs: settings, inputs, versions, tables (by how much), figures.

    .venv/bin/python workflow/compare.py results/default results/other

Both are folders of a preset, here or in another copy of the project, with their manifest.json.
Ends with 0 if all tables are identical, 1 if some differ, 2 if a folder cannot be compared.
"""

import argparse
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

sys.path.insert(0, str(Path(__file__).parent / "lib"))

# isort: split
from machinery.errors import InputError
from machinery.files import sha256
from machinery.manifest import flat, listed_files, read_manifest

NAMED_BY_USER = {"preset"}  # a setting that says where results lie, not what they are
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
SHOWN = 3  # texts of a column that differ


def compare(first: Path, second: Path) -> tuple[list[str], bool]:
    """Lines that say how the results in two presets' folders differ; whether all tables agree.

    Raises InputError if a manifest cannot be read, or a table is not the one that it lists.
    """
    folders = first, second
    manifests = [read_manifest(folder) for folder in folders]
    settings = [flat(manifest["config"]) for manifest in manifests]
    lines = [f"{first} | {second}"]
    lines += facts("settings", *settings, NAMED_BY_USER)
    for folder, manifest in zip(folders, manifests, strict=True):
        check_tables(folder, manifest)
        for name, others in manifest["other_settings"].items():
            made = ", ".join(f"{key} = {value}" for key, value in (others or {}).items())
            lines.append(f"  {folder / name}: made with {made or 'settings that are not known'}")
    lines += facts("inputs", *(manifest["inputs"] for manifest in manifests))
    lines += facts("environment", *(manifest["jobs"]["environment"] for manifest in manifests))
    different = 0
    for kind in ("tables", "figures", "stats"):
        names, found = files(kind, folders, [manifest["files"] for manifest in manifests])
        lines += found
        different += len(names) * (kind == "tables")
    return lines, not different


def check_tables(folder: Path, manifest: Mapping[str, Any]) -> None:
    listed = {name: sum for name, sum in manifest["files"].items() if is_a("tables", name)}
    there = {name for name in listed_files(folder) if is_a("tables", name)}
    for name in sorted(there | set(listed)):
        if name not in there or listed.get(name) != sha256(folder / name):
            raise InputError(
                f"{folder / name}: this is not the table that {folder}/manifest.json lists; it was "
                "changed, added or removed afterwards, or the last run was killed: run snakemake."
            )


def is_a(kind: str, name: str) -> bool:
    """Whether a file is a table, figure or statistic, of the paper's networks or another's.

    >>> is_a("tables", "tables/a.csv"), is_a("tables", "networks/alexnet/tables/a.csv")
    (True, True)
    """
    parts = name.split("/")
    return kind == (parts[2] if parts[0] == "networks" else parts[0])


def facts(
    title: str, first: Mapping[str, Any], second: Mapping[str, Any], ignored: set[str] = frozenset()
) -> list[str]:
    """A line for each fact that differs."""
    names = [name for name in {**first, **second} if name not in ignored]
    different = [name for name in names if first.get(name, "absent") != second.get(name, "absent")]
    lines = (f"  {name}: {short(first, name)} | {short(second, name)}" for name in different)
    return [f"{title}:", *lines] if different else [f"{title}: the same"]


def short(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name, "absent")
    if isinstance(value, str) and len(value) == 64:
        return f"{value[:12]}…"  # a checksum
    if isinstance(value, Mapping) and value:  # rules by value
        return "; ".join(f"{each or 'none'} in {', '.join(rules)}" for each, rules in value.items())
    return "none" if value == "" else str(value)


def files(
    kind: str, folders: tuple[Path, Path], sums: list[Mapping[str, str]]
) -> tuple[list[str], list[str]]:
    """The files of a kind that differ, and lines that say so."""
    first, second = ({n: s for n, s in each.items() if is_a(kind, n)} for each in sums)
    names = sorted({**first, **second})
    different = [name for name in names if first.get(name) != second.get(name)]
    lines = [f"{kind}: {len(names) - len(different)} of {len(names)} files are identical"]
    for name in different:
        missing = name not in first or name not in second
        lines.append(f"  {name}" + f": only in {folders[name in second]}" * missing)
        if not missing and name.endswith(".csv"):
            tables = [pd.read_csv(folder / name, dtype=str).fillna("") for folder in folders]
            lines += [f"    {line}" for line in table_differences(*tables)]
    return different, lines


def table_differences(first: pd.DataFrame, second: pd.DataFrame) -> list[str]:
    """A line for each column in which two tables of texts differ, and for what only one has.

    Cells such as 0.592 ± 0.262 are compared number by number: a line says how many cells differ,
    and the largest absolute and relative difference of a number. Relative differences are |a - b|
    over the larger of |a| and |b|. Cells that differ in more than numbers are shown.
    """
    lines = [f"{name}: only in the first" for name in first if name not in second]
    lines += [f"{name}: only in the second" for name in second if name not in first]
    if len(first) != len(second):
        lines.append(f"{len(first)} rows, {len(second)} rows")
    rows = min(len(first), len(second))
    common = [name for name in first if name in second]
    found = first[common].head(rows).compare(second[common].head(rows))
    for name in found.columns.unique(0):
        lines += column_differences(name, found[name].dropna(), rows)
    return lines


def column_differences(name: str, cells: pd.DataFrame, rows: int) -> list[str]:
    """``cells``: columns self and other, those that differ, of ``rows``."""
    pairs = list(cells.itertuples(index=False, name=None))
    # What the cells are without their numbers.
    words = [tuple(NUMBER.sub("0", cell) for cell in pair) for pair in pairs]
    numbers = [pair for pair, (a, b) in zip(pairs, words, strict=True) if a == b]
    texts = [pair for pair, (a, b) in zip(pairs, words, strict=True) if a != b]
    lines = []
    if numbers:
        values = [
            (float(a), float(b))
            for pair in numbers
            for a, b in zip(*map(NUMBER.findall, pair), strict=True)
        ]
        absolute = max(abs(a - b) for a, b in values)
        relative = max((abs(a - b) / max(abs(a), abs(b)) for a, b in values if a != b), default=0)
        lines.append(
            f"{name}: {len(numbers)} of {rows} cells, by at most {absolute:.2g} "
            f"(relative {relative:.2g})"
        )
    lines += [f"{name}: {a or 'nothing'} | {b or 'nothing'}" for a, b in texts[:SHOWN]]
    return lines + [f"{name}: and {len(texts) - SHOWN} more"] * (len(texts) > SHOWN)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    options = parser.parse_args(arguments)
    try:
        lines, agree = compare(options.first, options.second)
    except (InputError, OSError) as error:
        print(f"compare.py: {error}", file=sys.stderr)
        return 2
    print("\n".join(lines))
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
