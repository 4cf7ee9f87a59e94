"""The theory on synthetic signals: one-dimensional Gaussian filters (section 4.2, Figure 2)."""

import pandas as pd
import torch

from cnninvert.operators.convolution import Convolution, gaussian_filters
from cnninvert.operators.model_sparsity import ModelProjection, sample_codes
from cnninvert.operators.norms import norms
from cnninvert.solvers.one_step import one_step
from cnninvert.theory.bounds import recovery_bound
from cnninvert.theory.rip import distortion, isometry_ratio


def simulate(
    trials: int,
    filter_size: int,
    channels: int,
    filters: int,
    length: int,
    sparsity: int,
    random: torch.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw ``trials`` model-k-sparse codes z and a filter bank; measure Figure 2's three ratios.

    Each of the K channels of a code is one region (the theory pools over all shifts), W is a
    valid convolution of n = D - l + 1 shifts, and x = W^T z. Columns of the first table:
    ``model_rip`` ||W^T z|| / ||z||; ``corollary`` ||W W^T z|| / ||z||, and ``corollary_support``
    the same restricted to z's support, as in Lemma B.1; ``error_fixed`` and ``error_known``
    ||x^ - x|| / ||x|| with x^ = W^T M(W x, k), with fixed and with known switches. The second table
    has the empirical delta_k and delta_2k (of codes with 2k regions, which are some of the sums of
    two codes) and the bound of Theorem 3.3 that they give.
    """
    bank = gaussian_filters((filters, channels, filter_size), random)
    w = Convolution(bank, length)
    _, shifts = w.code_shape
    z = sample_codes(trials, filters, (shifts,), None, sparsity, random)
    x = w.adjoint(z)
    back = w(x)
    table = {
        "model_rip": norms(x) / norms(z),
        "corollary": norms(back) / norms(z),
        "corollary_support": norms(back * (z != 0)) / norms(z),
    }
    for switches in ("fixed", "known"):
        project = ModelProjection(region=None, switches=switches, k=sparsity)
        table[f"error_{switches}"] = norms(one_step(w, x, project) - x) / norms(x)

    double = sample_codes(trials, filters, (shifts,), None, 2 * sparsity, random)
    delta_k = distortion(table["model_rip"])
    delta_2k = max(delta_k, distortion(isometry_ratio(w, double)))
    bound = {"delta_k": delta_k, "delta_2k": delta_2k, "bound": recovery_bound(delta_k, delta_2k)}
    return pd.DataFrame({k: v.numpy() for k, v in table.items()}), pd.DataFrame([bound])
