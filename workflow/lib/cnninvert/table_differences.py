"""By how much two versions of a CSV table differ, column by column."""

import csv
import re
from pathlib import Path

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
SHOWN = 3  # texts of a column that differ


def table_differences(first: Path, second: Path) -> list[str]:
    """A line for each column in which two CSV files differ, and for what only one of them has.

    Cells such as 0.592 ± 0.262 are compared number by number: a line says how many cells differ,
    and the largest absolute and relative difference of a number. Relative differences are |a - b|
    over the larger of |a| and |b|. Cells that differ in more than numbers are shown.
    """
    (names, rows), (other_names, other_rows) = _read(first), _read(second)
    lines = [f"{name}: only in the first" for name in names if name not in other_names]
    lines += [f"{name}: only in the second" for name in other_names if name not in names]
    if len(rows) != len(other_rows):
        lines.append(f"{len(rows)} rows, {len(other_rows)} rows")
    for name in names:
        if name in other_names:
            cells = [(a[name], b[name]) for a, b in zip(rows, other_rows, strict=False)]
            lines += _column(name, [pair for pair in cells if pair[0] != pair[1]], len(cells))
    return lines


def _column(name: str, different: list[tuple[str, str]], count: int) -> list[str]:
    if not different:
        return []
    numbers = [pair for pair in different if _words(pair[0]) == _words(pair[1])]
    texts = [pair for pair in different if _words(pair[0]) != _words(pair[1])]
    lines = []
    if numbers:
        values = [
            (float(a), float(b))
            for first, second in numbers
            for a, b in zip(NUMBER.findall(first), NUMBER.findall(second), strict=True)
        ]
        absolute = max(abs(a - b) for a, b in values)
        relative = max((abs(a - b) / max(abs(a), abs(b)) for a, b in values if a != b), default=0)
        lines.append(
            f"{name}: {len(numbers)} of {count} cells, by at most {absolute:.2g} "
            f"(relative {relative:.2g})"
        )
    for first, second in texts[:SHOWN]:
        lines.append(f"{name}: {first or 'nothing'} | {second or 'nothing'}")
    if len(texts) > SHOWN:
        lines.append(f"{name}: and {len(texts) - SHOWN} more")
    return lines


def _words(cell: str) -> str:
    """A cell without its numbers."""
    return NUMBER.sub("0", cell)


def _read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        return list(reader.fieldnames or []), list(reader)
