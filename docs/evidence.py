"""The numbers of README.md and docs/, read from the files of the runs that made them.

    ./docs.sh fill

fills every block between `[[[cog` and `[[[end]]]` again; `./docs.sh check` only
says whether they are up to date, as a test does. A run's files are in docs/<run>: tables, figures
and the manifest, as `results/<preset>` has them. ``run`` is that folder's name.
"""

import json
import sys
from functools import partial
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "lib"))

# isort: split
from paper.verdict.claim import table as claim_table
from paper.verdict.claims import table1 as table1_claims
from paper.verdict.fidelity import paper_numbers

DOCS = Path(__file__).parent


def machine(run="default"):
    """Preset, seed, devices, PyTorch and commits of a run, in one line."""
    record = json.loads((DOCS / run / "manifest.json").read_text())
    environment = record["jobs"]["environment"]
    device = environment["device"]
    devices = device if isinstance(device, str) else " and ".join(sorted(device))
    commit = environment["commit"]
    commits = [commit] if isinstance(commit, str) else sorted(commit, key=lambda c: -len(commit[c]))
    *most, last = (each[:7] for each in commits)
    listed = f"{', '.join(most)} and {last}" if most else last
    return (
        f"{record['preset']} preset, seed {record['seed']}, {devices}, torch "
        f"{environment['torch']}, commit{'s' * (len(commits) > 1)} {listed}"
    )


def provenance(run="default"):
    """What ``machine`` says, as a sentence."""
    words = machine(run)
    return f"{words[0].upper()}{words[1:]}."


def table(name, run="default"):
    """A table of a run, a DataFrame of strings as the CSV file has them."""
    return pd.read_csv(DOCS / run / f"{name}.csv", dtype=str, keep_default_na=False)


def claims(run="default"):
    """The paper's claims and their verdicts, a DataFrame with numbers as numbers."""
    return pd.read_csv(DOCS / run / "claims.csv").fillna({"reading": ""})


def gap_claims(run="gpu"):
    """Table 1's claims, from the test accuracies of a run that made no more than this table."""
    files = sorted((DOCS / run / "stats" / "test_classifier").glob("*.csv"))
    paper = paper_numbers(DOCS.parent / "workflow" / "data" / "paper_numbers.csv")
    tested = pd.concat(map(pd.read_csv, files))
    return claim_table(table1_claims(tested, paper.set_index("id")["value"]))


def counted(run="default"):
    """How many of the paper's claims have which verdict, and of which run, in two sentences."""
    found = claims(run)
    ours = found.id.str.startswith("pictures.")
    counts = found[~ours].verdict.value_counts()
    return (
        f"Of {sum(~ours)} verdicts on the paper's claims, one for each layer and reading, "
        f"{counts['holds']} hold, {counts['contradicted']} are contradicted and "
        f"{counts['undecided']} undecided; {found[~ours].p.isna().sum()} are about all samples and "
        f"have no test. {sum(ours)} more are claims of our own about decoded pictures "
        f"({machine(run)})."
    )


def markdown(rows, header):
    """Lines of a table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def select(id="", claim="", reading="", run="default"):
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
    return ", ".join(f"{value:.{digits}f}" for value in found.ours)


def intervals(found, digits=2):
    """Our numbers with their 95 % intervals: 0.04 (0.03 to 0.05), 0.09 (0.08 to 0.10)."""
    return ", ".join(
        f"{ours:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
        for ours, low, high in found[["ours", "low", "high"]].to_numpy()
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
    of = partial(select, run=run)

    def row(claim, found, measured, verdict=verdicts):
        return claim, measured, f"**{verdict(found)}**"

    gap = gap_claims()
    isometry = of("figure2.a")
    error = of("figure2.c", "0.1-0.2", "switches=known")
    naive = of("figure2.c", "0.1-0.2", "switches=fixed")
    random = of("figure3.a", "centred around 1", "filters=learned")
    recovered = pd.concat([of(f"figure3.{part}", "centre", "filters=learned") for part in "bc"])
    better = "activation space: Gaussian filters beat learned ones"
    known = of("table4", better, "switches=known")
    fixed = of("table4", better, "switches=fixed")
    noise = of("table4", "beat random activations")
    pictures = of("table4", "Gaussian filters beat learned ones", "switches=known,decoder=known")
    points = (
        "gaps of {} points for one to three layers (paper: 1.6, 8.7, 14.5), all training images"
    )
    rows = [
        row("Random filters are not too far off learned ones (Table 1)",
            gap, points.format(numbers(gap, 1))),
        row("Gaussian filters: ‖Wᵀz‖ / ‖z‖ is close to 1 (Figure 2)",
            isometry, f"mean {numbers(isometry)}"),
        row("One step leaves an error of 0.1 to 0.2 (Figure 2)",
            pd.concat([error, naive]), f"median {numbers(error)} with known switches, "
            f"{numbers(naive)} with fixed ones, which the caption names"),
        row("VGG-16's filters, random codes: the same ratio is close to 1 (Figure 3)",
            random, f"{random.ours.min():.2f} to {random.ours.max():.2f}"),
        row("and for codes of real activations (Figure 3)",
            recovered, f"{recovered.ours.min():.2f} to {recovered.ours.max():.2f}"),
        row("Gaussian filters reconstruct activations better than learned ones (Table 4)",
            known, f"the error is lower by {numbers(known)} at pool(1) to pool(4), known switches"),
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
        chosen = f"{size} x {size} x {channels}"
        rows.append((network(row), chosen, ours + spread, row["paper (%)"]))
    return markdown(rows, ["filters", "chosen", "ours (%)", "paper (%)"])


def table1_variants(run="imagenet"):
    """Table 1 and its readings, accuracies in percent."""
    frame = table("table1_variants", run)
    readings = list(frame.columns[4:])
    rows = []
    for _, row in frame.iterrows():
        accuracies = [f"{float(row[each]):.1f}" if row[each] else "" for each in readings]
        rows.append((network(row.rename({"row": "filters"})), *accuracies))
    return markdown(rows, ["", *readings])


def network(row):
    """The row of Table 1 that a row of a table is about: random, 2 layers."""
    return f"{row['filters']}, {row['layers']} layer{'s' * (str(row['layers']) != '1')}"


def table1_line(run="gpu"):
    """Table 1 in a sentence: ours by depth, the paper's in brackets."""
    frame = table("table1", run)

    def part(filters):
        rows = frame[frame["filters"] == filters]
        ours = [f"{float(value):.1f}" for value in rows["accuracy (%)"]]
        return f"{', '.join(ours)} % with {filters} filters ({', '.join(rows['paper (%)'])})"

    return f"{part('random')} and {part('learned')}"


def table4(space, run="default"):
    """Table 4 in image or activation space: ours for known and fixed switches, the paper's."""
    frame = table("table4", run)
    columns = [column for column in frame if column.startswith(f"{space}: ")]
    # Only pictures depend on the decoder, which a run may have two of.
    keys = ["layer", "source", *(["decoder"] if space == "image" and "decoder" in frame else [])]
    rows = frame[[*keys, *columns]].drop_duplicates().to_numpy().tolist()
    header = ["layer", "", *keys[2:], *(column.removeprefix(f"{space}: ") for column in columns)]
    return markdown(rows, header)


def groups(run="default"):
    """How close the closest reading of each table is, and how sure that it is the closest."""
    rows = [
        (
            row["group"].replace("table", "Table "),
            _reading(row["closest"]),
            f"{float(row['mad']):.3g}",
            row["numbers"],
            f"{row['in_set']} of {row['readings']}",
            row["chance"],
            f"{100 * float(row['without_a_row']):.0f} %",
        )
        for _, row in table("fidelity_groups", run).iterrows()
    ]
    header = ["numbers of", "closest reading", "deviation", "numbers", "in the set", "chance"]
    return markdown(rows, [*header, "without a row"])


def _reading(text):
    """A reading as it is printed: batch norm: before."""
    return text.replace("=", ": ").replace(",", ", ").replace("_", " ")


def claims_table(run="default"):
    """Some of the claims with their intervals, for docs/verdicts."""
    of = partial(select, run=run)
    better = "Gaussian filters beat learned ones"
    activation, image = f"activation space: {better}", f"image space: {better}"
    known, fixed = "switches=known", "switches=fixed"
    pools = " at pool(1) to pool(4)"
    paired = [
        ("Table 1: random filters are not too far off learned ones; printed gaps 1.6, 8.7, "
         "14.5 points", gap_claims(), 1, " points"),
        ("the same with the small networks of this preset", of("table1"), 1, " points"),
        ("Table 4, activation space: Gaussian filters beat learned ones, known switches",
         of("table4", activation, known), 3, pools),
        ("the same with fixed switches", of("table4", activation, fixed), 3, ""),
        ("Table 4, image space: the same, known switches",
         of("table4", image, f"{known},decoder=known"), 3, ""),
        ("with fixed switches", of("table4", image, f"{fixed},decoder=known"), 3, ""),
    ]  # fmt: skip
    wide = of("figure3.a", "larger bandwidth")
    pictures = of("table4", "image space")
    order = pictures[~pictures.claim.str.contains(better)]
    alike = of("table4", "equally well visually")
    rows = [
        *((claim, intervals(found, digits) + unit, by_layer(found))
          for claim, found, digits, unit in paired),
        ("Figure 3 (a): learned filters have a bit larger bandwidth",
         f"{wide.ours.min():.1f} to {wide.ours.max():.1f} times as large", verdicts(wide)),
        ("one step beats noise, and original activations beat one step, at every layer",
         f"{order.ours.min():.2f} to {order.ours.max():.2f}", verdicts(order)),
        ("learned filters perform equally well visually: SSIM and LPIPS, four layers, known and "
         "fixed switches", "", verdicts(alike)),
    ]  # fmt: skip
    return markdown(rows, ["claim", "measured", "verdict"])


def other_weights(weights, run):
    """For each table the closest reading with some weights, beside that of all readings.

    Deviations are over the printed numbers that these weights reach.
    """
    frame = table("fidelity_readings", run)
    frame = frame[frame["reading"].str.contains(f"weights={weights}")]
    best = frame.loc[frame["mad"].astype(float).groupby(frame["group"], sort=False).idxmin()]
    rows = [
        (
            row["group"].replace("table", "Table "),
            _reading(row["reading"].removeprefix(f"weights={weights}").lstrip(",")),
            f"{row['reaches']} of {row['of']}",
            f"{float(row['mad']):.3g}",
            f"{float(row['mad_of_closest']):.3g}",
        )
        for _, row in best.iterrows()
    ]
    header = ["numbers of", "closest reading with them", "numbers", "deviation"]
    return markdown(rows, [*header, "of torchvision's, same numbers"])


def pictures(column, methods, run="default"):
    """A column of table4_pictures at pool(1) to pool(4), for some methods: titles by method."""
    frame = table("table4_pictures", run)
    frame = frame[frame["decoder"].isin(["known", ""])]
    cells = frame.set_index(["method", "layer"])[column]
    pools = list(frame["layer"].unique())
    rows = [
        (title, *(cells.get((method, pool), "") for pool in pools))
        for method, title in methods.items()
    ]
    return markdown(rows, ["", *pools])


def errata(run="default"):
    """Table 3's Gaussian column against the exact law of random filters."""
    frame = table("errata", run)
    rows = [
        (row[0], *(f"{float(cell):.4f}" if cell else "" for cell in row[1:]))
        for row in frame.to_numpy().tolist()
    ]
    return markdown(rows, list(frame))
