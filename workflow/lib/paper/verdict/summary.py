"""The verdicts on an artefact's claims in a few words, for the report. Free of pandas."""

import csv
from collections import Counter
from pathlib import Path

# The claims that belong to a table or figure, by how their id begins.
CLAIMS = {
    "table1": ("table1.",),
    "figure2": ("figure2.",),
    "theorem31": ("theorem3.3",),
    "figure3": ("figure3.",),
    "table4": ("table4.", "pictures."),
    "figure4": ("table4.", "pictures."),
    "iht": ("algorithm1",),
}


def verdicts(name: str, claims: Path) -> str | None:
    """Of the claims in the file that belong to ``name``, how many hold.

    None where there are none, or no file yet.
    """
    starts = next((starts for key, starts in CLAIMS.items() if name.startswith(key)), ())
    if not starts or not claims.exists():
        return None
    with claims.open(newline="", encoding="utf-8") as file:
        found = Counter(
            row["verdict"] for row in csv.DictReader(file) if row["id"].startswith(starts)
        )
    parts = [("holds", "hold"), ("contradicted", "contradicted"), ("undecided", "undecided")]
    return (
        ", ".join(f"{found[verdict]} {word}" for verdict, word in parts if found[verdict]) or None
    )
