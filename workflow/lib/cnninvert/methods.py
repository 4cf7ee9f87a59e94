"""The methods whose pictures are compared: their names in words, and their errors."""

import pandas as pd

# By the name of their dataset in pictures/*.h5, in the order in which they are shown.
TITLES = {
    "photograph": "photograph",
    "original": "original activation",
    "learned_known": "one IHT step, learned filters",
    "gaussian_known": "one IHT step, Gaussian filters",
    "learned_fixed": "one IHT step, learned filters, fixed switches",
    "gaussian_fixed": "one IHT step, Gaussian filters, fixed switches",
    "learned_iht": "several IHT steps, learned filters",
    "gaussian_iht": "several IHT steps, Gaussian filters",
    "learned_codes": "Algorithm 2, learned filters",
    "gaussian_codes": "Algorithm 2, Gaussian filters",
    "shuffled": "original activation, shuffled switches",
    "others": "original activation, switches of another photograph",
    "constant": "mean activation",
    "noise": "Gaussian activation",
}


def title(method: str) -> str:
    """The ``method`` in words."""
    return TITLES.get(method, method.replace("_", " "))


def in_order(methods: list[str]) -> list[str]:
    """``methods`` in the order in which they are shown; those without a title come last."""
    known = list(TITLES)
    return sorted(methods, key=lambda m: (known.index(m) if m in known else len(known), m))


def picture_errors(path: str) -> pd.DataFrame:
    """Relative errors of decoded pictures: columns image, method, bank, error.

    From a CSV file of decode_pictures; relative to the photograph, pixels in [0, 1].
    """
    errors = pd.read_csv(path)
    shown = (errors["reference"] == "picture") & (errors["pixels"] == "unit")
    return errors.loc[shown, ["image", "method", "bank", "error"]]
