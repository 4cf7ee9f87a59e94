"""Ours beside the paper's 74 printed numbers, under every open reading of each table."""

from pathlib import Path

import pandas as pd

from paper.table4.readings import Reading

COLUMNS = ["id", "reading", "ours", "spread", "n"]

# Which variants of Table 1's networks are readings of the paper.
BATCH_NORMS = ("after", "fixed")

# Which layers Table 3's rows may stand for: the row's own, or (an off-by-one) the next one.
ROWS = ("own", "next", "next for learned")


def paper_numbers(path: Path) -> pd.DataFrame:
    """The printed numbers: id, artefact, row, column, value, unit, and ``group``.

    A group is a table and, for Table 4, a space: one reading must hold for all of it.
    """
    numbers = pd.read_csv(path, comment="#")
    space = numbers["column"].str.extract(r"^(\w+ space)", expand=False)
    numbers["group"] = numbers["artefact"] + (" " + space).fillna("")
    return numbers


def table1(tested: pd.DataFrame) -> pd.DataFrame:
    """Test accuracies in percent, a reading for each place of batch norm.

    A ``variant`` in ``tested`` counts where it is another reading of the paper; the others are
    extensions, and no number of the paper's stands beside them.
    """
    if "variant" in tested:
        tested = tested[tested["variant"].isna() | tested["variant"].isin(BATCH_NORMS)]
    rows = []
    for (filters, layers, batch_norm), runs in tested.groupby(["filters", "layers", "batch_norm"]):
        name = f"table1.{filters}_filters.{layers}_layers"
        rows.append((name, f"batch_norm={batch_norm}", *mean_accuracy(runs)))
    return pd.DataFrame(rows, columns=COLUMNS)


def mean_accuracy(runs: pd.DataFrame) -> tuple[float, float, int]:
    """Mean test accuracy of one network's ``runs`` in percent, its spread, and how many they are.

    The spread is the standard deviation over seeds; with one seed, the binomial standard error
    over the test images.
    """
    accuracy = 100 * runs["test_accuracy"]
    mean, images = accuracy.mean(), int(runs["test_images"].iloc[0])
    spread = accuracy.std() if len(runs) > 1 else (mean * (100 - mean) / images) ** 0.5
    return mean, spread, len(runs)


def table2(sparsity: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Percent of non-zeros, a reading for each of the weights; the spread is over images."""
    rows = [
        (f"table2.{row.layer}.non-zeros", f"weights={name}", row.nonzeros, row.spread, row.images)
        for name, table in sparsity.items()
        for row in table.itertuples()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def table3(coherence: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Coherence under every reading: weights, rows, place, maximum; the spread is over banks.

    Where a row stands for the next layer and the weights have none, complete weights (which end
    at the network's last convolution) keep the row's own; partial ones give no number.
    """
    rows = []
    for name, table in coherence.items():
        for (place, maximum), group in table.groupby(["place", "maximum"]):
            group = group.set_index("layer")
            following = group.shift(-1)
            if group.index[-1] == "conv5_3":
                following.iloc[-1] = group.iloc[-1]
            for kind in ROWS:
                learned = group if kind == "own" else following
                random = following if kind == "next" else group
                reading = f"weights={name},rows={kind},place={place},maximum={maximum}"
                for layer in group.index:
                    value = learned.loc[layer, "learned"]
                    rows.append((f"table3.{layer}.learned", reading, value, None, 1))
                    value, spread, seeds = random.loc[
                        layer, ["random", "random_spread", "random_seeds"]
                    ]
                    rows.append((f"table3.{layer}.random", reading, value, spread, seeds))
    return pd.DataFrame(rows, columns=COLUMNS).dropna(subset="ours")


def table4_activation_space(errors: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Relative errors in activation space, for all of ``reconstruction.readings`` and weights."""
    rows = []
    for name, table in errors.items():
        learned = table.loc[table["filters"] == "learned", "reading"].unique()
        for layer, group in table.groupby("layer"):
            (noise,) = group[group["filters"] == "activations"].itertuples()
            noise_id = f"table4.{layer}.activation_space_random_activations"
            for reading in learned:
                full = f"weights={name},{reading}"
                rows.append((noise_id, full, noise.error, noise.spread, noise.n))
            for row in group[group["filters"].isin(["learned", "random"])].itertuples():
                number = f"table4.{layer}.activation_space_{row.filters}_filters"
                rows.append((number, f"weights={name},{row.reading}", row.error, row.spread, row.n))
    return pd.DataFrame(rows, columns=COLUMNS)


def table4_image_space(errors: pd.DataFrame, weights: str) -> pd.DataFrame:
    """Relative errors in image space: switches of M, what is compared with, and pixel scale.

    x^ is computed in the reading that comes closest in activation space; ``decoder`` says which
    switches the decoder unpools with. The spread is over photographs and Gaussian banks, n counts
    both.
    """
    rows = []
    names = {
        "learned": "learned_filters",
        "gaussian": "random_filters",
        "noise": "random_activations",
    }
    keys = ["layer", "decoder", "reference", "pixels"]
    for (layer, decoder, reference, pixels), group in errors.groupby(keys):
        for switches in ("known", "fixed"):
            reading = (
                f"weights={weights},{Reading(switches=switches)},decoder={decoder},"
                f"reference={reference},pixels={pixels}"
            )
            for method, name in names.items():
                label = method if method == "noise" else f"{method}_{switches}"
                values = group.loc[group["method"] == label, "error"]
                number = f"table4.{layer}.image_space_{name}"
                rows.append((number, reading, values.mean(), values.std(), len(values)))
    return pd.DataFrame(rows, columns=COLUMNS)
