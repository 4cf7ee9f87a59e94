"""One IHT step on real activations, under every reading of the paper (Table 4).

For macro layer i, x = pool(i) and W holds the filters of conv(i+1, 1). The paper leaves open how
exactly x^ = W^T M(W x, k) is computed; each combination of choices is a reading, named in
``fidelity.csv``, and its relative error is ||x - x^|| / ||x||.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import groupby, product

import torch
from torch import Tensor

from cnninvert.operators.convolution import Convolution, unit_norm
from cnninvert.operators.layout import stored_like
from cnninvert.operators.model_sparsity import ModelProjection
from cnninvert.operators.norms import norms, per_sample
from paper.table4.readings import Reading, readings


def operator(reading: Reading, filters: Tensor, size: int) -> Convolution:
    """W with ``filters`` (K, M, l, l) for maps of side ``size``, normalised and padded as read."""
    return Convolution(
        unit_norm(filters) if reading.filters == "unit" else filters,
        size,
        padding=filters.shape[-1] // 2 if reading.padding == "same" else 0,
    )


def reconstruct(x: Tensor, filters: Tensor, reading: Reading, density: float) -> Tensor:
    """x^ of activations ``x`` (B, M, D, D) under one reading; ``density`` is Table 2's share."""
    ((_, x_hat),) = _reconstructions(x, filters, [reading], density)
    return x_hat


def relative_errors(x: Tensor, filters: Tensor, density: float) -> dict[Reading, Tensor]:
    """(B,) relative errors ||x - x^|| / ||x|| under every reading."""
    errors, norm = {}, norms(x)
    for padding, kind in product(("same", "valid"), ("unit", "given")):
        group = [r for r in readings() if r.padding == padding and r.filters == kind]
        for reading, x_hat in _reconstructions(x, filters, group, density):
            x = stored_like(x, x_hat)
            errors[reading] = norms(x - x_hat) / norm
    return {reading: errors[reading] for reading in readings()}


def scale_to(x_hat: Tensor, x: Tensor) -> Tensor:
    """Each sample of ``x_hat`` scaled to the norm of its sample in ``x``."""
    factor = norms(x) / norms(x_hat).clamp_min(torch.finfo(x.dtype).tiny)
    return x_hat * per_sample(factor, x)


def _reconstructions(
    x: Tensor, filters: Tensor, group: list[Reading], density: float
) -> Iterator[tuple[Reading, Tensor]]:
    """Yield x^ for readings of one operator, one at a time: all would not fit in memory.

    Readings that share a step (the response, the pooling, W^T) share its computation.
    """
    w = operator(group[0], filters, x.shape[-1])
    response = w(x)
    sizes = tuple(response.shape[2:])
    for (maximum, before), pooled in _grouped(group, lambda r: (r.maximum, r.relu == "before")):
        base = ModelProjection(magnitude=maximum)
        values, places = base.pool(response.relu() if before else response)
        for share, sparse in _grouped(pooled, lambda r: _share(r, density)):
            kept = replace(base, share=share).keep_largest(values)
            for switches, placed in _grouped(sparse, lambda r: r.switches):
                if switches == "known":
                    decoded = w.adjoint(base.place(kept, places, sizes))
                else:
                    decoded = _from_first_places(w, kept)
                for reading in placed:
                    x_hat = decoded.relu() if reading.relu == "after" else decoded
                    yield reading, scale_to(x_hat, x) if reading.norm == "scaled" else x_hat


def _from_first_places(w: Convolution, values: Tensor) -> Tensor:
    """W^T of ``values`` (B, K, h, w) in the first places of 2 x 2 regions, zeros in the others.

    A stride of two leaves these zeros out, and with them three quarters of the work.
    """
    return replace(w, stride=2).adjoint(values)


def _share(reading: Reading, density: float) -> float:
    """The share of the regions kept: a region of four positions keeps at most one."""
    return min(1.0, {"all": 1.0, "regions": density, "positions": 4 * density}[reading.k])


def _grouped(group: list[Reading], key: Callable[[Reading], tuple]):
    return ((value, list(members)) for value, members in groupby(sorted(group, key=key), key=key))
