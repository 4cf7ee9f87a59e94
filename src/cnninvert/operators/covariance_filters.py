"""Gaussian filters that have the covariance of learned ones: between learned and i.i.d. filters."""

from typing import Literal, get_args

import torch
from torch import Tensor

Sides = Literal["input", "both"]


def covariance_filters(filters: Tensor, generator: torch.Generator, sides: Sides) -> Tensor:
    """Random filters of the shape of ``filters`` (K, M, l...), in the mean of the same norm.

    As K x M l^d matrices W. ``input``: rows are independent and Gaussian, with the second moments
    W^T W / K of the learned rows, so which channels and taps go together is kept. ``both``: columns
    have those of the learned columns, W W^T, as well, so which filters are alike is kept, too; of
    the learned weights' singular value decomposition, singular vectors and values stay, and only
    how they are paired is drawn. After the "rainbow" model of Guth, Menard, Rochette and Mallat
    (JMLR 2024). Raises ValueError for other ``sides``.

    >>> learned = torch.ones(4, 2, 1, 1)  # all alike, as their copies are
    >>> drawn = covariance_filters(learned, torch.Generator().manual_seed(0), "input")
    >>> bool(torch.allclose(drawn[:, 0], drawn[:, 1], atol=1e-6))
    True
    """
    if sides not in get_args(Sides):
        raise ValueError(f"sides = {sides!r}: one of {', '.join(get_args(Sides))}")
    rows = filters.flatten(1)
    left, values, right = torch.linalg.svd(rows.double(), full_matrices=False)
    count = len(rows) if sides == "input" else len(values)
    shape = (count, len(values))
    draws = torch.randn(shape, generator=generator, dtype=torch.float64).to(rows.device)
    if sides == "input":
        drawn = draws @ (values.unsqueeze(1) * right) / len(rows) ** 0.5
    else:
        drawn = (left * values) @ draws @ (values.unsqueeze(1) * right) / values.norm()
    return drawn.to(filters.dtype).view_as(filters)
