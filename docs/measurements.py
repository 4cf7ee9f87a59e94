"""The numbers in docs/ that no run of a preset makes: inversion, networks, wider networks."""

from itertools import product

import pandas as pd
from scipy.stats import spearmanr

from evidence import DOCS, gap_claims, markdown, network, table

# isort: split
from paper.inversion.horizon import COMPLETE
from paper.table1.architecture import Architecture, affordable
from paper.table1.width import Trend

BEYOND, INVERSION = DOCS / "beyond", DOCS / "inversion_96"  # folders a network
NETWORKS = {
    "vgg16": "VGG-16",
    "vgg16-random0": "VGG-16, random filters",
    "alexnet": "AlexNet",
    "alexnet-random0": "AlexNet, random filters",
    "efficientnet-lite0": "EfficientNet-Lite0",
    "oxford": "VGG-16, the paper's weights",
}


def _beyond(name, of="vgg16"):
    """A table of docs/beyond."""
    return pd.read_csv(BEYOND / of / f"{name}.csv")


def inversion():
    """Errors of pictures found from pool(1) to pool(4), by what is known."""
    frame = pd.read_csv(INVERSION / "vgg16" / "inversion.csv")
    errors = frame.pivot(index="known", columns="layer", values="relative error")
    spreads = frame.pivot(index="known", columns="layer", values="spread")
    rows = [
        (known, *(f"{errors[pool][known]:.3f} ± {spreads[pool][known]:.3f}" for pool in errors))
        for known in frame.known.unique()
    ]
    return markdown(rows, ["known", *map(_pool, errors)])


def inversion_line(known):
    """What is left with this ``known``, from pool(1) to pool(4)."""
    frame = pd.read_csv(INVERSION / "vgg16" / "inversion.csv")
    return ", ".join(f"{error:.3f}" for error in frame[frame["known"] == known]["relative error"])


def trained_and_random():
    """Errors of pictures found from pool(4) of VGG-16 and of its untrained twin."""
    known = ["values and switches", "values alone", "switches alone"]
    rows = []
    for name, of in (("trained", "vgg16"), ("random", "vgg16-random0")):
        frame = pd.read_csv(INVERSION / of / "inversion.csv")
        errors = frame[frame.layer == "pool4"].set_index("known")["relative error"]
        rows.append((name, *(f"{errors[each]:.3f}" for each in known)))
    return markdown(rows, ["", *known])


def inversion_224():
    """The same for pictures of 224 x 224 pixels."""
    frame = pd.read_csv(DOCS / "inversion" / "inversion_224.csv")
    rows = [
        (
            _pool(row["layer"]),
            row["known"],
            row["photographs"],
            row["evaluations"],
            f"{row['relative error']:.4f} ± {row['spread']:.4f}",
            f"{row['largest']:.4f}",
            f"{row['error of the values']:.5f}",
            row["converged"],
            row["device"],
        )
        for _, row in frame.iterrows()
    ]
    names = ["evaluations", "pixels", "largest", "values", "converged", "on"]
    return markdown(rows, ["layer", "known", "photographs", *names])


def inversion_224_line():
    """What values and switches leave at 224 x 224 pixels, with the most evaluations."""
    frame = pd.read_csv(DOCS / "inversion" / "inversion_224.csv")
    frame = frame[frame["known"] == "values and switches"].groupby("layer").last()
    errors = ", ".join(f"{error:.3f}" for error in frame["relative error"])
    counts = ", ".join(str(count) for count in frame["converged"])
    return f"{errors} (of {frame['photographs'].min()} photographs {counts} converge)"


def _pool(name):
    """pool1 as the paper has it: pool(1)."""
    return f"pool({name.removeprefix('pool')})"


def two_cores():
    """Table 1 with all training images on two cores, beside the paper's numbers."""
    rows = []
    for row in pd.read_csv(DOCS / "table1" / "two_cores.csv").itertuples():
        layers = f"{row.layers} layer" + "s" * (row.layers > 1)
        size = f"{row.size} x {row.size} x {row.channels}"
        rows.append(
            (
                f"{row.filters}, {layers}, {size}, {row.epochs} epochs",
                f"{row.accuracy:.1f}",
                _printed(row.filters, row.layers),
                f"{row.cpu_seconds:,}",
                row.machine,
                row.commit,
            )
        )
    return markdown(rows, ["", "ours", "paper", "CPU seconds", "two cores of", "commit"])


def two_cores_line():
    """The same in a sentence: the longest training of each of the six, and the time of all."""
    frame = pd.read_csv(DOCS / "table1" / "two_cores.csv")
    longest = frame.sort_values(["epochs", "channels"]).groupby(["filters", "layers"]).last()
    accuracies = {
        filters: ", ".join(f"{value:.1f}" for value in longest.loc[filters, "accuracy"])
        for filters in ("random", "learned")
    }
    hours = longest["cpu_seconds"].sum() / 3600
    machines = " and ".join(sorted(longest["machine"].unique(), reverse=True))
    return (
        f"{accuracies['random']} % with random filters and {accuracies['learned']} % with learned "
        f"ones, one seed, {hours:.1f} CPU hours, {machines}"
    )


def speedups():
    """How many times the plain loop's images a second ours has, over configurations.

    On CPUs over the small ones; the files have larger ones, too.
    """
    rows = []
    small = _small_configurations()
    for hardware, name in (
        ("AVX-512, bfloat16", "classify"),
        ("AMX, bfloat16", "classify_amx"),
        ("AVX2", "classify_avx2"),
        ("H200, bfloat16", "classify_gpu"),
    ):
        frame = pd.read_csv(DOCS / "table1" / f"{name}.csv")
        if "H200" not in hardware:
            frame = frame[frame["configuration"].isin(small)]
        rates = frame.pivot(
            index=["filters", "configuration"], columns="engine", values="images_per_second"
        )
        ratios = (rates["cnninvert"] / rates["plain"]).groupby("filters")
        for filters in ("random", "learned"):
            low, middle, high = (
                f"{number[filters]:.2f}" for number in (ratios.min(), ratios.median(), ratios.max())
            )
            rows.append((f"{filters} filters, {hardware}", low, middle, high))
    return markdown(rows, ["ours / plain", "lowest", "median", "highest"])


def _small_configurations():
    """Of 30 million multiply-adds at most, as the benchmark calls them."""
    return [
        f"{layers}x{size}x{size}x{channels}"
        for layers, size, channels in product((1, 2, 3), (3, 5), (32, 64, 96))
        if affordable(Architecture("learned", layers, size, channels), 30)
    ]


def gaps():
    """What learned filters gain on random ones, by the number of layers."""
    rows = [
        (
            row.id.removeprefix("table1.").removesuffix("_layers"),
            f"{row.ours:.1f} ({row.low:.1f} to {row.high:.1f})",
            row.limit.rpartition(" ")[2],
            f"{row.p:.2f}",
            row.verdict,
        )
        for row in gap_claims().itertuples()
    ]
    return markdown(rows, ["layers", "points", "paper", "p", '"not too far off"'])


def widths():
    """Accuracy of random filters with ridge regression against their number, with the trend."""
    frame = pd.read_csv(DOCS / "table1" / "width.csv", index_col=["layers", "channels"])
    accuracy = frame["accuracy (%)"].unstack()
    rows = []
    for layers, found in accuracy.iterrows():
        known = found.dropna()
        trend = Trend.of(known.index.to_numpy(), 1 - known.to_numpy() / 100)
        target = _printed("random", layers)
        cells = ["" if pd.isna(value) else f"{value:.1f}" for value in found]
        half, enough = 100 * (1 - 10**trend.slope), trend.channels(1 - float(target) / 100)
        rows.append((layers, *cells, target, f"{half:.0f} %", f"{enough:,.0f}"))
    names = ["paper", "error falls a doubling", "filters for the paper's, by the trend"]
    return markdown(rows, ["layers", *(f"{count:,}" for count in accuracy), *names])


def table1_inversion():
    """Table 1's networks: accuracy, one IHT step's error, and pixels found from the last layer."""
    frame = pd.read_csv(DOCS / "table1" / "inversion.csv")
    known = ["one IHT step", "values", "values and switches"]
    rows = [
        (
            network(row),
            f"{row['accuracy (%)']:.1f}",
            *(f"{row[name]:.4f} ± {row[f'{name}, spread']:.4f}" for name in known),
        )
        for _, row in frame.iterrows()
    ]
    return markdown(rows, ["filters", "accuracy (%)", *known])


def _printed(filters, layers):
    """The paper's accuracy, as it is printed."""
    return table("table1").set_index(["filters", "layers"])["paper (%)"][filters, str(layers)]


def columns_of(name, formats, folder=BEYOND):
    """Some columns of VGG-16's table <name>, each in a format, as a table."""
    frame = pd.read_csv(folder / "vgg16" / f"{name}.csv")
    rows = [[form.format(row[key]) for key, form in formats.items()] for _, row in frame.iterrows()]
    return markdown(rows, list(formats))


def horizon(path, layers, floors):
    """Ranks of some layers' Jacobians, as shares of the number of pixel values."""
    frame = pd.read_csv(DOCS / path).set_index("layer").loc[layers]
    rows = []
    for layer, row in frame.iterrows():
        ranks = [f"{row[f'rank, {floor}']:.3f}" for floor in floors]
        for number, floor in enumerate(floors):
            if (error := f"error of rank, {floor}") in row:
                ranks[number] += f" ± {row[error]:.3f}"
        rows.append((layer, f"{row['non-zeros'] / row['pixel values']:.2f}", *ranks))
    return markdown(rows, ["layer", "non-zeros a pixel value", *floors])


def horizons():
    """The last layer whose Jacobian has a complete rank, by network and noise floor."""
    rows = []
    for name, words in NETWORKS.items():
        if not (BEYOND / name / "horizon.csv").exists():
            continue
        frame = _beyond("horizon", name)
        side = round((frame["pixel values"].iloc[0] / 3) ** 0.5)
        row = [words, f"{side} x {side}"]
        for floor in ("0.01", "0.001", "0.0001"):
            complete = frame["layer"][frame[f"rank, {floor}"] >= COMPLETE]
            row.append(complete.iloc[-1] if len(complete) else "none")
        last = frame.iloc[-1]
        rows.append((*row, f"{last['rank, 0.001']:.3f} ({last['layer']})"))
    return markdown(
        rows, ["network", "pixels", "0.01", "0.001", "0.0001", "rank of the last layer"]
    )


def witnesses():
    """Pairs of pictures with the same activation, and how far apart they are."""
    rows = []
    for method, known in (("both", "values and switches"), ("values", "values alone")):
        for path in sorted(BEYOND.glob(f"vgg16/stats/witnesses/*/pool4-{method}.csv")):
            row = pd.read_csv(path).iloc[0]
            rows.append(
                (
                    known,
                    row["image"],
                    row["steps"],
                    f"{row['distance']:.3f}",
                    f"{row['value_error']:.0e}",
                    f"{100 * row['switch_error']:.1f} %",
                )
            )
    header = ["known", "photograph", "steps", "distance", "error of the values"]
    return markdown(rows, [*header, "switches that differ"])


def peers():
    """The pixels' errors that methods end with, by layer: means over photographs."""
    frame = pd.read_csv(DOCS / "inversion" / "peers.csv").sort_values("seconds")
    keys = ["method", "known", "layer"]
    ends = frame.groupby([*keys, "photograph"])["relative_error"].last()
    last = ends.groupby(keys).mean().unstack()
    order = [("ours", "values, switches"), ("ours", "switches"), ("ours", "values")]
    order += [(name, "values") for name in ("plenoptic", "bdpy", "Mahendran and Vedaldi")]
    rows = [(*key, *(f"{value:.3f}" for value in last.loc[key])) for key in order]
    return markdown(rows, ["method", "known", *map(_pool, last)])


def networks():
    """How many convolutions of each network of docs/networks the theory is about."""
    names = {
        "network": "network",
        "convolutions": "convolutions",
        "then ReLU": "with a ReLU of their own",
        "then pooled": "then pooled over regions that tile",
        "one step": "that take an activation",
    }
    frame = pd.read_csv(DOCS / "networks" / "networks.csv")
    return markdown(frame[list(names)].to_numpy().tolist(), names.values())


def overhead():
    """How far traced networks are from the modules: outputs, adjoints, and time."""
    frame = pd.read_csv(DOCS / "networks" / "networks.csv")
    ratio = frame["time ratio"]
    return (
        f"The largest relative difference from the module's own outputs is "
        f"{frame['difference'].max():.1e} (float32), the largest adjointness error "
        f"{frame['adjoint'].max():.1e} (float64). Running a traced network takes "
        f"{ratio.median():.2f} times as long as the module in the median, from {ratio.min():.2f} "
        f"to {ratio.max():.2f}."
    )


def theorem31():
    """How delta scales with sizes, beside Theorem 3.1."""
    frame = pd.read_csv(BEYOND / "theorem31.csv")
    rows = [
        (name.replace("M l", "M ℓ"), *(f"{number:.2f}" for number in numbers))
        for name, *numbers in frame.to_numpy().tolist()
    ]
    return markdown(rows, list(frame))


def _audits():
    """The audits of all networks that have one."""
    found = [name for name in NETWORKS if (BEYOND / name / "audit.csv").exists()]
    return pd.concat([_beyond("audit", name) for name in found])


def audit_share():
    """How many rows the audits have, and which share of them fails."""
    frame = _audits()
    fails = frame["verdict"].eq("fails")
    own = frame["network"].eq("vgg16") & frame["filters"].eq("learned")
    return (
        f"Of {len(frame):,} rows {100 * fails.mean():.0f} % fail, of those of VGG-16's learned "
        f"filters {100 * fails[own].mean():.0f} %."
    )


def coherence_and_delta():
    """Rank correlations of coherence with delta, of random codes and of the worst ones found."""
    frame = _audits().query("filters == 'learned'")
    frame["measured"] = pd.to_numeric(frame["measured"], errors="coerce")
    names = {
        "coherence as of random filters": "coherence",
        "bound below 1, δ of random codes": "random codes",
        "bound below 1, δ of the worst code found": "the worst code found",
    }
    rows = []
    for name, found in frame.groupby("network", sort=False):
        columns = found.pivot(index="layer", columns="guarantee", values="measured")
        columns = columns[list(names)].dropna().rename(columns=names)
        cells = []
        for delta in list(names.values())[1:]:
            rho, p = spearmanr(columns["coherence"], columns[delta])
            cells.append(f"{rho:.2f} (p = {p:.2g})")
        rows.append((name, len(columns), *cells))
    return markdown(rows, ["network", "layers", *list(names.values())[1:]])


def audit():
    """For each guarantee and network: in how many layers it fails, for the network's own filters.

    Theorem 3.1 is of Gaussian filters, and is counted for these.
    """
    frame = _audits()
    frame = frame[(frame["filters"] == "learned") | (frame["source"] == "Theorem 3.1")]
    names = ["guarantee", "source", "network"]
    fails = frame["verdict"].eq("fails").groupby([frame[name] for name in names], sort=False)
    counts = fails.agg(["sum", "size"]).apply(lambda row: f"{row['sum']} of {row['size']}", axis=1)
    shown = counts.unstack(fill_value="").reindex(columns=frame["network"].unique())
    rows = [(*key, *row) for key, row in zip(shown.index, shown.to_numpy(), strict=True)]
    return markdown(rows, ["guarantee", "source", *shown])


def job_times(preset, bfloat16, shown=9):
    """Where a run's time goes: the rules with the longest jobs in all, and the others together.

    ``bfloat16``: on a machine that computes fast in it, or on one that does not.
    """
    frame = pd.read_csv(DOCS.parent / "workflow" / "data" / "job_seconds.csv")
    frame = frame[(frame["preset"] == preset) & (frame["bfloat16"] == bfloat16)]
    frame = frame.assign(total=frame["jobs"] * frame["seconds"])
    frame = frame.sort_values("total", ascending=False)
    first, others = frame[:shown], frame[shown:]
    rows = [
        (row.rule, row.jobs, f"{row.total:,.0f}", f"{row.longest:,.0f}")
        for row in first.itertuples()
    ]
    if len(others):
        rest = others["jobs"].sum(), f"{others['total'].sum():,.0f}"
        rows.append(("all others", *rest, f"{others['longest'].max():,.0f}"))
    return markdown(rows, ["rule", "jobs", "seconds", "longest"])


def explained():
    """VGG-16, layer by layer: learned and Gaussian filters, and what their covariance explains."""
    tables = []
    for name in ("coherence", "model_rip", "one_step"):
        frame = _beyond(name).set_index("layer")
        tables.append(frame[frame["code"] == "recovered"] if "code" in frame else frame)
    rows = []
    for layer in tables[0].index:
        row = [layer]
        for frame in tables:
            values = frame.loc[layer] if layer in frame.index else {}
            learned, gaussian = values.get("learned"), values.get("Gaussian")
            share = values.get("explained, both")
            row += [f"{x:.2f}" if pd.notna(x) else "" for x in (learned, gaussian, share)]
        rows.append(row)
    columns = ("learned", "Gaussian", "explained")
    header = [f"{what}, {name}" for what in ("coherence", "ratio", "error") for name in columns]
    return markdown(rows, ["layer", *header])
