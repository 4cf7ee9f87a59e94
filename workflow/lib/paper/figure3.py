"""Figure 3: filter banks of a layer, and what is measured of the codes of its input."""

import logging
import math

import pandas as pd
import torch
from torch import Tensor

from cnninvert.networks.pretrained import Network
from cnninvert.operators.convolution import Convolution, gaussian_filters
from cnninvert.operators.model_sparsity import sample_codes
from cnninvert.operators.norms import norms
from cnninvert.solvers.solution import Solution
from cnninvert.theory.rip import isometry_ratio
from paper.seeds import generator

log = logging.getLogger("cnninvert")
BATCH = 20  # random codes at a time


def filter_bank(network: Network, layer: str, filters: str, seed: int, bank: int = 0) -> Tensor:
    """(K, M, l, l): the filters of the convolution ``layer``, "learned" or "gaussian".

    ``bank`` numbers the Gaussian banks of a seed.
    """
    learned = network.filters(layer).contiguous()
    if filters == "learned":
        return learned
    number = [each.name for each in network.convolutions].index(layer)
    random = generator(seed, 5, number, bank)
    return gaussian_filters(tuple(learned.shape), random).to(learned.device)


def model_k(code_shape: tuple[int, ...], percent: float, region: int = 2) -> int:
    """k of codes (K, n, n) of which ``percent`` are not zero; at most one in each region."""
    channels, *sizes = code_shape
    regions = channels * math.prod(-(-size // region) for size in sizes)
    return min(regions, round(percent / 100 * math.prod(code_shape)))


def random_ratios(
    operator: Convolution, k: int, count: int, random: torch.Generator, region: int = 2
) -> list[float]:
    """The ratios of ``count`` random model-k-sparse codes."""
    channels, *sizes = operator.code_shape
    ratios: list[float] = []
    while len(ratios) < count:
        some = min(BATCH, count - len(ratios))
        z = sample_codes(some, channels, tuple(sizes), region, k, random)
        ratios += isometry_ratio(operator, z.to(operator.filters.device)).tolist()
    return ratios


def code_statistics(
    operator: Convolution, x: Tensor, restricted: Solution, free: Solution
) -> dict[str, Tensor]:
    """(B,) each, of both lines' codes of ``x``: Figure 3's ratio, and how far they were solved.

    ``restricted``, ``free``: the third line's and the first's, as ``recover_codes`` returns them.
    """
    z = restricted.codes
    return {
        "ratio": isometry_ratio(operator, z),
        "residual": norms(x - operator.adjoint(z)) / norms(x),
        "density": (z != 0).flatten(1).double().mean(1),
        "gap": restricted.gap,
        "iterations": restricted.iterations,
        "converged": restricted.converged,
        "free_gap": free.gap,
        "free_iterations": free.iterations,
        "free_converged": free.converged,
    }


def warn_of_unsolved(table: pd.DataFrame, iterations: int, gap: float) -> None:
    """Log how many rows of ``code_statistics`` are of codes that stopped before the ``gap``."""
    late = int((~(table["converged"] & table["free_converged"])).sum())
    if late:
        log.warning(
            "%d of %d codes stopped at figure3.iterations = %d before the gap of %g",
            late,
            len(table),
            iterations,
            gap,
        )
