"""Claims hold where the numbers say so, and not where they do not."""

import numpy as np
import pandas as pd

from paper.verdict import claims
from paper.verdict.claim import table as table_of

PRINTED = {"learned": 83.3, "random": 74.6}
TRIALS = ["model_rip", "corollary", "corollary_support", "error_known", "error_fixed"]


def image_errors(noise):
    methods = {"original": 0.1, "noise": noise}
    methods |= {f"{f}_{s}": 0.3 for f in ("learned", "gaussian") for s in ("known", "fixed")}
    rows = [
        ("pool1", "known", f"{image}.png", method, "picture", "unit", error + number * image / 1000)
        for image in range(6)
        for number, (method, error) in enumerate(methods.items())
    ]
    columns = ["layer", "decoder", "image", "method", "reference", "pixels", "error"]
    return pd.DataFrame(rows, columns=columns)


def activation_errors(learned, random):
    """``random``: a list, an error for each photograph's Gaussian filters."""
    rows = [
        ("pool1", image, filters, switches, error + image / 1000)
        for switches in ("known", "fixed")
        for filters, errors in (("learned", [learned] * len(random)), ("random", random))
        for image, error in enumerate(errors)
    ]
    columns = ["layer", "image", "filters", "switches", "error"]
    return pd.DataFrame(rows, columns=columns)


def test_claims_hold_or_not():
    good = table_of(
        claims.table4(activation_errors(0.9, [0.8, 0.79, 0.81, 0.8]), image_errors(0.6))
    )
    bad = table_of(claims.table4(activation_errors(0.8, [0.9, 0.91, 0.89, 0.9]), image_errors(0.2)))
    for table, expected in ((good, "holds"), (bad, "contradicted")):
        beats_noise = table["claim"].str.endswith("beat random activations")
        in_activations = table["claim"].str.startswith("activation space")
        assert (table.loc[beats_noise | in_activations, "verdict"] == expected).all()


def classifiers(gaps):
    """Accuracies of a depth of two layers, for as many seeds as there are ``gaps``."""
    rows = [("random", 2, seed, 0.7 + seed / 500) for seed in range(len(gaps))]
    rows += [("learned", 2, seed, 0.7 + seed / 500 + gap) for seed, gap in enumerate(gaps)]
    return pd.DataFrame(rows, columns=["filters", "layers", "seed", "test_accuracy"])


def test_the_gap_of_random_filters_is_held_against_the_printed_one():
    printed = pd.Series({f"table1.{f}_filters.2_layers": v for f, v in PRINTED.items()})
    for gaps, expected in (
        ([0.05, 0.051, 0.049], "holds"),
        ([0.15, 0.151, 0.149], "contradicted"),
        ([0.05, 0.08, 0.10], "undecided"),
        ([0.05], "undecided"),
    ):
        (row,) = table_of(claims.table1(classifiers(gaps), printed)).itertuples()
        assert row.verdict == expected, gaps
        assert row.low <= row.ours <= row.high and row.freedom == len(gaps) - 1


def test_bandwidths_are_compared_with_a_test():
    drawn = np.random.default_rng(0).standard_normal(200)
    about = {"padding": "same", "size": 14, "sparsity_of": "pool"}

    def codes(spread):
        return pd.DataFrame({"ratio": 1 + spread * drawn, **about})

    def verdict(learned, gaussian):
        found = claims.figure3({"learned": codes(learned), "gaussian": codes(gaussian)}, {})
        table = table_of(found)
        return table.loc[table["claim"].str.contains("bandwidth"), "verdict"].tolist()

    assert verdict(0.02, 0.01) == ["holds"]
    assert verdict(0.01, 0.02) == ["contradicted"]
    assert verdict(0.01, 0.0101) == ["undecided"]


def test_filters_that_disagree_leave_a_claim_undecided():
    """Three photographs' Gaussian filters beat the learned ones, two others' do not."""
    errors = activation_errors(0.8, [0.5, 0.5, 0.6, 1.0, 1.1])
    row = table_of(claims.table4(errors, image_errors(0.6))).iloc[0]
    assert row["claim"].startswith("activation space")
    assert row["ours"] > 0 and row["verdict"] == "undecided"
    assert row["freedom"] == 4 and row["low"] < 0 < row["high"]


def test_no_verdict_on_a_theorem_whose_assumptions_fail():
    trials = pd.DataFrame({name: [1.0, 1.1] for name in TRIALS})
    void = table_of(claims.figure2(trials, pd.Series({"bound": np.inf})))
    fine = table_of(claims.figure2(trials, pd.Series({"bound": 2.0})))
    assert "theorem3.3" not in set(void["id"]) and "theorem3.3" in set(fine["id"])


def test_recovered_codes_far_from_one_are_not_claimed_to_be_isometric():
    ratios = pd.DataFrame({"ratio": [1.3, 1.35, 1.4, 1.45, 1.5]})
    table = table_of(claims.figure3({}, {("learned", "linear"): ratios}))
    assert table["id"].tolist() == ["figure3.b", "figure3.b"]
    assert set(table["verdict"]) == {"contradicted"}


def iht_errors(by_variant, **columns):
    """``by_variant``: for each variant a list of errors a step, a list for each sample."""
    rows = [
        {"variant": variant, "step": step, "bank": 0, "code": sample, "image": sample, **columns}
        | {"error": error, "code_error": error}
        for variant, samples in by_variant.items()
        for sample, errors in enumerate(samples)
        for step, error in enumerate(errors, 1)
    ]
    return pd.DataFrame(rows)


def test_more_steps_help_if_they_help_most_samples():
    errors = {
        "unit": [[0.5, np.inf]] * 4 + [[0.5, 0.4]] * 4,
        "normalised": [[0.5, 0.1]] * 8,
        "printed": [[0.5, 0.6]] * 8,
    }
    columns = {"layer": "pool1", "filters": "learned"}
    signed = iht_errors(errors, maximum="signed", **columns)
    absolute = iht_errors({"unit": [[0.1, 9.0]] * 2}, maximum="absolute", **columns)
    for table in (
        table_of(claims.iht_codes(iht_errors(errors))),
        table_of(claims.iht_activations(pd.concat([signed, absolute]))),
    ):
        assert table["ours"].tolist() == [0.5, 1.0, 0.0]
        assert table["verdict"].tolist() == ["undecided", "holds", "contradicted"]
        assert (table["n"] == 8).all()


def test_a_bank_more_makes_no_photographs_more():
    one = iht_errors({"unit": [[0.5, 0.1]] * 4}, layer="p", filters="random", maximum="signed")
    both = pd.concat([one, one.assign(bank=1)])
    (row,) = table_of(claims.iht_activations(both)).itertuples()
    assert row.n == 4 and row.verdict == "undecided"


def scores(difference):
    """SSIM of twelve photographs: noise .2, original .7, filters in between."""
    rows = [
        ("pool1", "known", image, method, ssim + image % 3 / 1000)
        for image in range(12)
        for method, ssim in {
            **{"noise": 0.2, "original": 0.7, "gaussian_known": 0.5, "gaussian_fixed": 0.4},
            **{"learned_known": 0.5 + image / 5000, "learned_fixed": 0.4 + difference},
        }.items()
    ]
    return pd.DataFrame(rows, columns=["layer", "decoder", "image", "method", "ssim"])


def test_equal_is_what_differs_by_less_than_a_tenth_of_the_way_from_noise():
    for difference, expected in ((0.04, "holds"), (-0.04, "holds"), (0.06, "contradicted")):
        known, fixed = table_of(claims.visually(scores(difference))).itertuples()
        assert (known.verdict, fixed.verdict) == ("holds", expected)
        assert fixed.limit == "within 0.05 of 0" and fixed.freedom == 11


def test_one_step_improves_nothing_and_claims_nothing():
    steps = pd.DataFrame({"bank": 0, "code": range(9), "variant": "unit", "step": 1})
    assert not list(claims.iht_codes(steps.assign(code_error=0.5)))


def test_layers_are_one_family_of_claims_about_activations():
    rows = [
        ("pool1", "learned", "signed", 0, image, "unit", step, 1.0 / step)
        for image in range(5)
        for step in (1, 2)
    ]
    names = ["layer", "filters", "maximum", "bank", "image", "variant", "step", "error"]
    errors = pd.DataFrame(rows, columns=names)
    both = pd.concat([errors, errors.assign(layer="pool2")])
    assert {each.family for each in claims.iht_activations(both)} == {"algorithm1 activations"}
