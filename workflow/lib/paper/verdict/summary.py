"""The verdicts on an artefact's claims in a few words, for the report. Free of pandas."""

import csv
from collections import Counter
from pathlib import Path

# How the ids of the claims begin that a table or figure is the evidence of.
PICTURES = ("table4.", "pictures.")
CLAIMS = {
    "table1": ("table1.",),
    "figure2": ("figure2.", "theorem3.3"),
    "figure3": ("figure3.",),
    "table4": PICTURES,
    "table4_pictures": PICTURES,
    "figure4_{layer}_{switches}": PICTURES,
    "iht_codes": ("algorithm1",),
    "iht_activations": ("algorithm1",),
}


def verdicts(name: str, claims: Path) -> str | None:
    """Of the claims in the file that belong to ``name``, how many hold.

    None where there are none, or no file that can be read.
    """
    if not (starts := CLAIMS.get(name)):
        return None
    try:
        with claims.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        found = Counter(row["verdict"] for row in rows if row["id"].startswith(starts))
    except (OSError, ValueError, KeyError, AttributeError, csv.Error):
        return None
    parts = [("holds", "hold"), ("contradicted", "contradicted"), ("undecided", "undecided")]
    return (
        ", ".join(f"{found[verdict]} {word}" for verdict, word in parts if found[verdict]) or None
    )
