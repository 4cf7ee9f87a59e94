"""The methods of image space: how they are called in print, and their errors."""

from pathlib import Path

import pandas as pd

# By the name of their pictures, in the order in which they are shown; what the paper has not comes
# after what it has.
METHODS = {
    "original": "original activation",
    "learned_known": "one IHT step, learned filters, known switches",
    "gaussian_known": "one IHT step, Gaussian filters, known switches",
    "learned_fixed": "one IHT step, learned filters, fixed switches",
    "gaussian_fixed": "one IHT step, Gaussian filters, fixed switches",
    "noise": "Gaussian noise of the same norm",
    "learned_absolute": "one IHT step with the absolute maximum, learned filters",
    "gaussian_absolute": "one IHT step with the absolute maximum, Gaussian filters",
    "learned_iht": "several normalised IHT steps with it, learned filters",
    "gaussian_iht": "several normalised IHT steps with it, Gaussian filters",
    "learned_codes": "Algorithm 2, learned filters",
    "gaussian_codes": "Algorithm 2, Gaussian filters",
    "shuffled": "original activation, its switches shuffled",
    "others": "original activation, another photograph's switches",
    "constant": "constant activation, the photograph's switches",
}
BASELINES = {
    "mean_colour": "the training photographs' mean colour",
    "own_mean": "the photograph's mean colour",
    "block_means": "the photograph's means over blocks of 16 x 16 pixels",
}


def picture_errors(path: Path) -> pd.DataFrame:
    """Relative errors of decoded pictures: columns image, method, error.

    From a CSV file of decode_pictures; relative to the photograph, pixels in [0, 1].
    """
    return of_photographs(pd.read_csv(path))[["image", "method", "error"]]


def of_photographs(errors: pd.DataFrame) -> pd.DataFrame:
    """Rows of decode_pictures' errors: relative to the photograph, pixels in [0, 1]."""
    return errors[(errors["reference"] == "picture") & (errors["pixels"] == "unit")]
