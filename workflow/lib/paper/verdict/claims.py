"""The paper's claims in prose: Tables 1 and 4, Figures 2 and 3, IHT; and ours about pictures."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from paper.table4.methods import BASELINES, of_photographs
from paper.verdict import statistics
from paper.verdict.claim import Claim, beats, centred, never, of_mean


def table1(tested: pd.DataFrame, printed: pd.Series) -> Iterator[Claim]:
    """Section 4.1: filters, layers, seed, test_accuracy. ``printed``: the paper's numbers by id.

    The paper says "not too far off" without a number; the gap that it printed is taken for one.
    """
    for layers, group in tested.groupby("layers"):
        by = group.pivot(index="seed", columns="filters", values="test_accuracy")
        if not {"learned", "random"} <= set(by):
            continue
        gaps = 100 * (by["learned"] - by["random"]).dropna()
        ids = [f"table1.{kind}_filters.{layers}_layers" for kind in ("learned", "random")]
        most = float(printed[ids[0]] - printed[ids[1]])
        estimate = statistics.of_sample(gaps)
        fewer = statistics.Estimate(most - estimate.mean, estimate.error, estimate.freedom)
        evidence = statistics.positive(fewer)
        low, high = estimate.interval()
        yield Claim(
            f"table1.{layers}_layers",
            "random filters are not too far off learned ones",
            "the chosen network of each",
            "mean paired gap in points",
            estimate.mean,
            float(gaps.std()),
            len(gaps),
            f"below the printed gap, {most:.1f}",
            "table1",
            replace(evidence, low=low, high=high),
            estimate.freedom,
        )


def figure2(trials: pd.DataFrame, bound: pd.Series) -> Iterator[Claim]:
    """Section 4.2 on one-dimensional Gaussian filters."""
    for number, column, reading, text in (
        ("a", "model_rip", "", "||W^T z||/||z|| is tightly centred around 1"),
        ("b", "corollary_support", "on the support of z", "||W W^T z||/||z|| is centred around 1"),
        ("b", "corollary", "all places", "||W W^T z||/||z|| is centred around 1"),
    ):
        yield centred(f"figure2.{number}", text, reading, trials[column], 0.05)
    for switches in ("known", "fixed"):
        errors = trials[f"error_{switches}"]
        yield Claim(
            "figure2.c",
            "the error is concentrated around 0.1-0.2",
            f"switches={switches}",
            "median error",
            float(errors.median()),
            float(errors.std()),
            len(errors),
            "in [0.1, 0.2]",
            "figure2",
            statistics.median_within(errors, 0.1, 0.2),
        )
        text = "the error stays under 0.5"
        yield never("figure2.c", text, f"switches={switches}", "largest error", errors, 0.5)
    limit = float(bound["bound"])
    if limit == float("inf"):
        return  # the empirical deltas are outside the theorem's assumptions: no verdict
    text = "the error stays under the bound of Theorem 3.3, from empirical deltas"
    errors = trials["error_known"]
    yield never("theorem3.3", text, "switches=known", "largest error", errors, limit)


def figure3(random: dict[str, pd.DataFrame], recovered: dict[tuple, pd.DataFrame]) -> Iterator:
    """Section 4.4: random codes by filters; recovered codes by (filters, kind)."""
    for filters, codes in random.items():
        for (padding, size, source), group in codes.groupby(["padding", "size", "sparsity_of"]):
            reading = f"filters={filters},padding={padding},D={size},sparsity of {source}"
            ratios = group["ratio"]
            text = "random codes: ||W^T z||/||z|| is centred around 1"
            yield centred("figure3.a", text, reading, ratios, 0.05)
            text = "random codes: a short tail, delta_k < 1"
            deltas = (ratios**2 - 1).abs()
            yield never("figure3.a", text, reading, "max |ratio^2 - 1|", deltas, 1)
    yield from _bandwidths(random)
    for (filters, kind), codes in recovered.items():
        number = "figure3.b" if kind == "linear" else "figure3.c"
        when = "before" if kind == "linear" else "after"
        reading = f"filters={filters}"
        ratios = codes["ratio"]
        text = f"codes recovered {when} ReLU: the centre is less than 0.05 from 1"
        yield centred(number, text, reading, ratios, 0.05)
        text = f"codes recovered {when} ReLU: the range is less than 0.05"
        reach = (ratios - ratios.mean()).abs()
        yield never(number, text, reading, "max |ratio - mean|", reach, 0.05)


def table4(activation: pd.DataFrame, image: pd.DataFrame) -> Iterator[Claim]:
    """Section 4.5: learned, Gaussian and random, layer by layer, photograph by photograph.

    ``activation``: layer, image, filters, switches, error. ``image``: layer, decoder, image,
    method, reference, pixels, error.
    """
    for (layer, switches), group in activation.groupby(["layer", "switches"]):
        errors = group.pivot(index="image", columns="filters", values="error")
        text = "activation space: Gaussian filters beat learned ones"
        pair = errors["learned"], errors["random"]
        yield beats("table4 activation", f"table4.{layer}", text, f"switches={switches}", *pair)
    for (layer, decoder), group in of_photographs(image).groupby(["layer", "decoder"]):
        errors = group.pivot(index="image", columns="method", values="error")
        for switches in ("known", "fixed"):
            learned, gaussian = errors[f"learned_{switches}"], errors[f"gaussian_{switches}"]
            for text, worse, better in (
                ("learned filters beat random activations", errors["noise"], learned),
                ("Gaussian filters beat random activations", errors["noise"], gaussian),
                ("Gaussian filters beat learned ones", learned, gaussian),
                ("original activations beat Gaussian filters", gaussian, errors["original"]),
                ("original activations beat learned filters", learned, errors["original"]),
            ):
                reading, text = f"switches={switches},decoder={decoder}", f"image space: {text}"
                yield beats("table4 image", f"table4.{layer}", text, reading, worse, better)


def pictures(image: pd.DataFrame, baselines: pd.DataFrame) -> Iterator[Claim]:
    """What the paper does not say about decoded pictures, photograph by photograph.

    ``image``: as in ``table4``; some methods have the first photographs only. ``baselines``: image,
    method, error.
    """
    others = baselines.pivot(index="image", columns="method", values="error")
    for (layer, decoder), group in of_photographs(image).groupby(["layer", "decoder"]):
        errors = group.pivot(index="image", columns="method", values="error").join(others)
        pairs = [
            (f"original activations beat {title}", name, "original")
            for name, title in BASELINES.items()
        ]
        for filters in ("learned", "gaussian"):
            # With the same maximum: all of them have the absolute one.
            one, which = f"{filters}_absolute", f"{filters} filters".capitalize()
            pairs.append((f"{which}: more IHT steps beat one", one, f"{filters}_iht"))
            pairs.append((f"{which}: Algorithm 2 beats one IHT step", one, f"{filters}_codes"))
        if decoder == "known":
            alone = "right switches of a constant activation beat the original activation with"
            pairs.append((f"{alone} shuffled ones", "shuffled", "constant"))
            pairs.append((f"{alone} another photograph's", "others", "constant"))
        for text, worse, better in pairs:
            pair = errors[worse], errors[better]
            yield beats("pictures", f"pictures.{layer}", text, f"decoder={decoder}", *pair)


def visually(scores: pd.DataFrame) -> Iterator[Claim]:
    """Section 4.5: the learned filters "perform equally well visually".

    ``scores``: layer, decoder, image, method, and the metrics of pictures, a column each. Equal is
    taken for: within a tenth of what lies between the original activations and noise.
    """
    metrics = [name for name in scores if name == "ssim" or name.startswith("lpips")]
    for (layer, decoder), group in scores.groupby(["layer", "decoder"]):
        for metric in metrics:
            values = group.pivot(index="image", columns="method", values=metric)
            margin = 0.1 * abs(float((values["original"] - values["noise"]).mean()))
            within = partial(statistics.within, low=-margin, high=margin)
            for switches in ("known", "fixed"):
                learned, gaussian = (values[f"{f}_{switches}"] for f in ("learned", "gaussian"))
                yield of_mean(
                    "table4 visually",
                    f"table4.{layer}",
                    "learned filters perform equally well visually",
                    f"switches={switches},decoder={decoder}",
                    f"mean paired difference in {metric}",
                    (learned - gaussian).dropna(),
                    f"within {margin:.3g} of 0",
                    within,
                )


def iht_codes(curves: pd.DataFrame) -> Iterator[Claim]:
    """Footnote 4 on random codes: bank, code, variant, step, code_error."""
    yield from _improves("codes", "random codes", "", curves, ["bank", "code"], "code_error")


def iht_activations(errors: pd.DataFrame) -> Iterator[Claim]:
    """Footnote 4 on real activations: layer, filters, maximum, bank, image, variant, step, error.

    In Table 4's reading: the signed maximum.
    """
    signed = errors[errors["maximum"] == "signed"]
    for (layer, filters), group in signed.groupby(["layer", "filters"], sort=False):
        reading, sample = f",filters={filters}", ["bank", "image"]
        yield from _improves("activations", layer, reading, group, sample, "error")


def _bandwidths(random: dict[str, pd.DataFrame]) -> Iterator[Claim]:
    """The caption of Figure 3: "except for a bit larger bandwidth"."""
    if not {"learned", "gaussian"} <= set(random):
        return
    keys = ["padding", "size", "sparsity_of"]
    others = dict(list(random["gaussian"].groupby(keys)))
    for key, group in random["learned"].groupby(keys):
        if key not in others:
            continue
        values, compared = (table["ratio"].to_numpy() for table in (group, others[key]))
        yield Claim(
            "figure3.a",
            "random codes: learned filters have the larger bandwidth",
            f"padding={key[0]},D={key[1]},sparsity of {key[2]}",
            "ratio of the standard deviations",
            float(values.std(ddof=1) / compared.std(ddof=1)),
            np.nan,
            len(values),
            "above 1",
            "figure3",
            statistics.wider(values, compared),
        )


def _improves(
    family: str, what: str, reading: str, errors: pd.DataFrame, sample: list[str], column: str
) -> Iterator[Claim]:
    """Whether most samples' error is lower after the last IHT step than after the first.

    No claim where one step is all. ``sample``: what names one. A photograph counts once, however
    many filter banks it has met.
    """
    for variant, group in errors.groupby("variant", sort=False):
        by_step = group.pivot(index="step", columns=sample, values=column)
        if len(by_step) < 2:
            continue
        better = by_step.iloc[-1] < by_step.iloc[0]
        if "image" in sample:
            better = better.groupby(level="image").mean() > 0.5
        evidence = statistics.most(int(better.sum()), len(better))
        yield Claim(
            "algorithm1",
            f"{what}: more steps of IHT improve the recovery",
            f"step={variant}{reading}",
            f"share improved by steps 2 to {by_step.index[-1]}",
            float(better.mean()),
            np.nan,
            len(better),
            "above 1/2",
            f"algorithm1 {family}",
            evidence,
        )
