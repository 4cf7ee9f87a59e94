"""The numbers of README.md and docs/, read from the files of the runs that made them.

    ./docs.sh fill

fills every block between `[[[cog` and `[[[end]]]` again; `./docs.sh check` only
says whether they are up to date, as a test does. A run's files are in docs/<run>: tables, figures
and the manifest, as `results/<preset>` has them.
"""

import json
from pathlib import Path

import pandas as pd

DOCS = Path(__file__).parent


def manifest(run="default"):
    """The manifest of a run, a dictionary."""
    return json.loads((DOCS / run / "manifest.json").read_text())


def machine(run="default"):
    """Preset, seed, device, PyTorch and commit of a run, in one line."""
    record = manifest(run)
    environment = record["jobs"]["environment"]
    return (
        f"{record['preset']} preset, seed {record['seed']}, {environment['device']}, "
        f"torch {environment['torch']}, commit {environment['commit'][:7]}"
    )


def table(name, run="default"):
    """A table of a run, a DataFrame of strings as the CSV file has them."""
    return pd.read_csv(DOCS / run / f"{name}.csv", dtype=str, keep_default_na=False)


def claims(run="default"):
    """The paper's claims and their verdicts, a DataFrame with numbers as numbers."""
    return pd.read_csv(DOCS / run / "claims.csv", keep_default_na=False)


def markdown(rows, header):
    """Lines of a table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def select(id="", claim="", reading="", *, run="default"):
    """The claims whose id begins with, and whose text and reading contain, what is given.

    Raises LookupError where there is none, so that a renamed claim cannot go unnoticed.
    """
    all_claims = claims(run)
    found = all_claims[
        all_claims.id.str.startswith(id)
        & all_claims.claim.str.contains(claim, regex=False)
        & all_claims.reading.str.contains(reading, regex=False)
    ]
    if found.empty:
        raise LookupError(f"docs/{run}/claims.csv has no claim ({id}, {claim}, {reading})")
    return found


def numbers(found, digits=2):
    """Our numbers for some claims: 0.04, 0.09, 0.07."""
    return ", ".join(f"{value:.{digits}f}" for value in found.ours.astype(float))


def intervals(found, digits=2):
    """Our numbers with their 95 % intervals: 0.04 (0.03 to 0.05), 0.09 (0.08 to 0.10)."""
    return ", ".join(
        f"{ours:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
        for ours, low, high in found[["ours", "low", "high"]].astype(float).to_numpy()
    )


def verdicts(found):
    """One word where all verdicts are the same, otherwise how many there are of each."""
    counts = found.verdict.value_counts()
    if len(counts) == 1:
        return counts.index[0]
    order = [word for word in ("holds", "contradicted", "undecided") if word in counts]
    return ", ".join(f"{word} {counts[word]} of {len(found)}" for word in order)


def by_layer(found):
    """The verdicts layer by layer: holds, contradicted, contradicted, undecided."""
    return ", ".join(found.verdict) if found.verdict.nunique() > 1 else found.verdict.iloc[0]


def verdict_table(run="default"):
    """The paper's main claims, what this project measured, and the verdict."""

    def row(claim, found, measured, verdict=verdicts):
        return claim, measured, f"**{verdict(found)}**"

    gap = select("table1", "not too far off", run=run)
    isometry = select("figure2.a", run=run)
    error = select("figure2.c", "0.1-0.2", "switches=known", run=run)
    random = select("figure3.a", "centred around 1", run=run)
    recovered = pd.concat([select(f"figure3.{part}", "centre", run=run) for part in "bc"])
    better = "activation space: Gaussian filters beat learned ones"
    known = select("table4", better, "switches=known", run=run)
    fixed = select("table4", better, "switches=fixed", run=run)
    noise = select("table4", "beat random activations", run=run)
    pictures = select("table4", "Gaussian filters beat learned ones", "switches=known,", run=run)
    points = "gaps of {} points for one to three layers (paper: 1.6, 8.7, 14.5), small networks"
    rows = [
        row("Random filters classify not much worse than learned ones (Table 1)",
            gap, points.format(numbers(gap, 1))),
        row("Gaussian filters: ‖Wᵀz‖ / ‖z‖ is close to 1 (Figure 2)",
            isometry, f"mean {numbers(isometry)}"),
        row("One step leaves an error of 0.1 to 0.2 (Figure 2)",
            error, f"median {numbers(error)}"),
        row("VGG-16's filters, random codes: the same ratio is close to 1 (Figure 3)",
            random, f"{random.ours.min():.2f} to {random.ours.max():.2f}"),
        row("and for codes of real activations (Figure 3)",
            recovered, f"{recovered.ours.min():.2f} to {recovered.ours.max():.2f}"),
        row("Gaussian filters reconstruct activations better than learned ones (Table 4)",
            known, f"by {numbers(known)} at pool(1) to pool(4), known switches"),
        row("the same with fixed switches, which the text names",
            fixed, f"by {numbers(fixed)}"),
        row("In pictures, too, Gaussian filters are better (Table 4)",
            pictures, f"by {numbers(pictures)}", by_layer),
        row("One step's pictures are better than noise's (Table 4)",
            noise, f"by {noise.ours.min():.2f} to {noise.ours.max():.2f}"),
    ]  # fmt: skip
    return markdown(rows, ["the paper says", "measured here", "verdict"])


def table1(run="default"):
    """Table 1: ours, with the deviation over seeds, and the paper's."""
    rows = []
    for _, row in table("table1", run).iterrows():
        size, channels = row["filter size"], row["channels"]
        ours = f"{float(row['accuracy (%)']):.1f}"
        spread = f" ± {float(row['spread']):.1f}" if row["spread"] else ""
        layers = f"{row['layers']} layer{'s' * (row['layers'] != '1')}"
        chosen = f"{size} x {size} x {channels}"
        rows.append((f"{row['filters']}, {layers}", chosen, ours + spread, row["paper (%)"]))
    return markdown(rows, ["filters", "chosen", "ours (%)", "paper (%)"])


def table4(space, run="default"):
    """Table 4 in image or activation space: ours for known and fixed switches, the paper's."""
    frame = table("table4", run)
    columns = [column for column in frame if column.startswith(f"{space}: ")]
    rows = frame[["layer", "source", *columns]].to_numpy().tolist()
    header = ["layer", "", *(column.removeprefix(f"{space}: ") for column in columns)]
    return markdown(rows, header)


def inversion():
    """Errors of pictures found from pool(1) to pool(4), by what is known."""
    frame = pd.read_csv(DOCS / "inversion" / "inversion.csv")
    errors = frame.pivot(index="known", columns="layer", values="relative error")
    spreads = frame.pivot(index="known", columns="layer", values="spread")
    rows = [
        (known, *(f"{errors[pool][known]:.3f} ± {spreads[pool][known]:.3f}" for pool in errors))
        for known in frame.known.unique()
    ]
    return markdown(rows, ["known", *(f"pool({pool.removeprefix('pool')})" for pool in errors)])


def groups(run="default"):
    """How close the closest reading of each table is, and how sure that it is the closest."""
    rows = [
        (
            row["group"].replace("table", "Table "),
            row["closest"].replace("=", ": ").replace(",", ", ").replace("_", " "),
            f"{float(row['mad']):.3g}",
            row["numbers"],
            f"{row['in_set']} of {row['readings']}",
            row["chance"],
        )
        for _, row in table("fidelity_groups", run).iterrows()
    ]
    header = ["numbers of", "closest reading", "deviation", "numbers", "in the set", "chance"]
    return markdown(rows, header)
