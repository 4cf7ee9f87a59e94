"""The paper's claims in prose about Figures 2 and 3, Table 4 and IHT, and ours about pictures."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from paper.table4.methods import BASELINES, of_photographs


@dataclass(frozen=True)
class Claim:
    """One claim under one reading: what it says, what we measured, and whether it holds.

    ``ours`` is the mean (or what ``quantity`` names), ``spread`` the standard deviation over the
    ``n`` samples, ``limit`` what ``ours`` must stay below or reach for the claim to hold.
    """

    id: str
    claim: str
    reading: str
    quantity: str
    ours: float
    spread: float
    n: int
    limit: str
    holds: bool


def table(claims: Iterator[Claim]) -> pd.DataFrame:
    """``claims.csv``, a row a claim and reading."""
    return pd.DataFrame([asdict(claim) for claim in claims])


def figure2(trials: pd.DataFrame, bound: pd.Series) -> Iterator[Claim]:
    """Section 4.2 on one-dimensional Gaussian filters."""
    for number, column, reading, text in (
        ("a", "model_rip", "", "||W^T z||/||z|| is tightly centred around 1"),
        ("b", "corollary_support", "on the support of z", "||W W^T z||/||z|| is centred around 1"),
        ("b", "corollary", "all places", "||W W^T z||/||z|| is centred around 1"),
    ):
        yield _centred(f"figure2.{number}", text, reading, trials[column], 0.05)
    for switches in ("known", "fixed"):
        errors = trials[f"error_{switches}"]
        reading = f"switches={switches}"
        text = "the error is concentrated around 0.1-0.2"
        median = float(errors.median())
        values = (median, float(errors.std()), len(errors))
        yield Claim(
            "figure2.c",
            text,
            reading,
            "median error",
            *values,
            "in [0.1, 0.2]",
            0.1 <= median <= 0.2,
        )
        most = float(errors.max())
        values = (most, float(errors.std()), len(errors))
        text = "the error stays under 0.5"
        yield Claim("figure2.c", text, reading, "largest error", *values, "under 0.5", most < 0.5)
    limit = float(bound["bound"])
    if limit == float("inf"):
        return  # the empirical deltas are outside the theorem's assumptions: no verdict
    worst = float(trials["error_known"].max())
    yield Claim(
        "theorem3.3",
        "the error stays under the bound of Theorem 3.3, from empirical deltas",
        "switches=known",
        "largest error",
        worst,
        np.nan,
        len(trials),
        f"under {limit:.3g}",
        worst <= limit,
    )


def figure3(random: dict[str, pd.DataFrame], recovered: dict[tuple, pd.DataFrame]) -> Iterator:
    """Section 4.4: random codes by filters; recovered codes by (filters, kind)."""
    for filters, codes in random.items():
        for (padding, size, source), group in codes.groupby(["padding", "size", "sparsity_of"]):
            reading = f"filters={filters},padding={padding},D={size},sparsity of {source}"
            ratios = group["ratio"]
            text = "random codes: ||W^T z||/||z|| is centred around 1"
            yield _centred("figure3.a", text, reading, ratios, 0.05)
            delta = float((ratios**2 - 1).abs().max())
            values = (delta, np.nan, len(ratios))
            text = "random codes: a short tail, delta_k < 1"
            yield Claim(
                "figure3.a", text, reading, "max |ratio^2 - 1|", *values, "under 1", delta < 1
            )
    for (filters, kind), codes in recovered.items():
        number = "figure3.b" if kind == "linear" else "figure3.c"
        when = "before" if kind == "linear" else "after"
        reading = f"filters={filters}"
        ratios = codes["ratio"]
        text = f"codes recovered {when} ReLU: the centre is less than 0.05 from 1"
        yield _centred(number, text, reading, ratios, 0.05)
        reach = float((ratios - ratios.mean()).abs().max())
        text = f"codes recovered {when} ReLU: the range is less than 0.05"
        values = (reach, float(ratios.std()), len(ratios))
        yield Claim(
            number, text, reading, "max |ratio - mean|", *values, "under 0.05", reach < 0.05
        )


def table4(activation: pd.DataFrame, image: pd.DataFrame) -> Iterator[Claim]:
    """Section 4.5: learned, Gaussian and random, layer by layer, photograph by photograph.

    ``activation``: layer, image, filters, bank, switches, error. ``image``: layer, decoder, image,
    method, bank, reference, pixels, error.
    """
    for (layer, switches), group in activation.groupby(["layer", "switches"]):
        text = "activation space: Gaussian filters beat learned ones"
        pair = (by_bank(group, "filters", "learned"), by_bank(group, "filters", "random"))
        yield _beats(f"table4.{layer}", text, f"switches={switches}", *pair)
    for (layer, decoder), group in of_photographs(image).groupby(["layer", "decoder"]):
        original, noise = (by_bank(group, "method", name) for name in ("original", "noise"))
        for switches in ("known", "fixed"):
            learned = by_bank(group, "method", f"learned_{switches}")
            gaussian = by_bank(group, "method", f"gaussian_{switches}")
            for text, worse, better in (
                ("learned filters beat random activations", noise, learned),
                ("Gaussian filters beat random activations", noise, gaussian),
                ("Gaussian filters beat learned ones", learned, gaussian),
                ("original activations beat Gaussian filters", gaussian, original),
                ("original activations beat learned filters", learned, original),
            ):
                reading = f"switches={switches},decoder={decoder}"
                yield _beats(f"table4.{layer}", f"image space: {text}", reading, worse, better)


def pictures(image: pd.DataFrame, baselines: pd.DataFrame) -> Iterator[Claim]:
    """What the paper does not say about decoded pictures, photograph by photograph.

    ``image``: as in ``table4``; of its Gaussian banks only the first has all methods.
    ``baselines``: image, method, error.
    """
    image, baselines = of_photographs(image[image["bank"] == 0]), baselines.assign(bank=0)
    for (layer, decoder), group in image.groupby(["layer", "decoder"]):
        errors = {name: by_bank(group, "method", name) for name in group["method"].unique()}
        pairs = [
            (f"original activations beat {title}", name, "original")
            for name, title in BASELINES.items()
        ]
        errors |= {name: by_bank(baselines, "method", name) for name in BASELINES}
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
            # Some methods have the first photographs only.
            same = errors[worse].index.intersection(errors[better].index)
            pair = errors[worse].loc[same], errors[better].loc[same]
            yield _beats(f"pictures.{layer}", text, f"decoder={decoder}", *pair)


def iht_codes(curves: pd.DataFrame) -> Iterator[Claim]:
    """Footnote 4 on random codes: bank, code, variant, step, code_error."""
    yield from _improves("random codes", "", curves, ["bank", "code"], "code_error")


def iht_activations(errors: pd.DataFrame) -> Iterator[Claim]:
    """Footnote 4 on real activations: layer, filters, maximum, bank, image, variant, step, error.

    In Table 4's reading: the signed maximum.
    """
    signed = errors[errors["maximum"] == "signed"]
    for (layer, filters), group in signed.groupby(["layer", "filters"], sort=False):
        yield from _improves(layer, f",filters={filters}", group, ["bank", "image"], "error")


def by_bank(errors: pd.DataFrame, column: str, value: str) -> pd.DataFrame:
    """Errors of one method: a row a photograph, a column a filter bank."""
    chosen = errors[errors[column] == value]
    return chosen.pivot(index="image", columns="bank", values="error")


def standard_error(differences: pd.DataFrame) -> float:
    """Of the mean over photographs (rows) and filter banks (columns), both drawn at random.

    The photographs' part and the banks' part add up; one bank tells nothing about banks, and with
    learned filters there are none to draw.
    """
    photographs = differences.mean(axis=1)
    variance = photographs.var() / len(photographs)
    if differences.shape[1] > 1:
        variance += differences.mean(axis=0).var() / differences.shape[1]
    return float(variance**0.5)


def _beats(
    number: str, text: str, reading: str, worse: pd.DataFrame, better: pd.DataFrame
) -> Claim:
    """Whether ``better`` has the smaller errors, by more than two standard errors."""
    banks = max(worse.shape[1], better.shape[1])
    # A method without banks is compared with each bank of the other.
    differences = pd.concat(
        [
            worse.iloc[:, bank % worse.shape[1]] - better.iloc[:, bank % better.shape[1]]
            for bank in range(banks)
        ],
        axis=1,
    )
    mean, error = float(differences.to_numpy().mean()), standard_error(differences)
    reading += f",{banks} Gaussian banks" if banks > 1 else ""
    return Claim(
        number,
        text,
        reading,
        "mean paired difference",
        mean,
        float(differences.mean(axis=1).std()),
        len(differences),
        f"above 2 standard errors ({2 * error:.3f})",
        mean > 2 * error,
    )


def _centred(number: str, text: str, reading: str, values: pd.Series, tolerance: float) -> Claim:
    mean = float(values.mean())
    return Claim(
        number,
        text,
        reading,
        "mean",
        mean,
        float(values.std()),
        len(values),
        f"within {tolerance} of 1",
        abs(mean - 1) < tolerance,
    )


def _improves(
    what: str, reading: str, errors: pd.DataFrame, sample: list[str], column: str
) -> Iterator[Claim]:
    """Whether the last IHT step's error is below the first's, variant by variant."""
    for variant, group in errors.groupby("variant", sort=False):
        by_step = group.pivot(index="step", columns=sample, values=column)
        better = float((by_step.iloc[-1] < by_step.iloc[0]).mean())
        quantity = f"share improved by steps 2 to {by_step.index[-1]}"
        yield Claim(
            "algorithm1",
            f"{what}: more steps of IHT improve the recovery",
            f"step={variant}{reading}",
            quantity,
            better,
            np.nan,
            by_step.shape[1],
            "equal to 1",
            better == 1,
        )
