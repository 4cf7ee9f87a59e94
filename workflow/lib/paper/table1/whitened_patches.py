"""Frozen filters that are whitened patches of a layer's own input.

Random patches, ZCA-whitened, are nearly as good a dictionary as a learned one (Coates and Ng, ICML
2011); the whitening is that of Coates, Lee and Ng (AISTATS 2011).
"""

import torch
from torch import Tensor


def whitened_filters(
    maps: Tensor,
    size: int,
    count: int,
    generator: torch.Generator,
    samples: int = 20_000,
    regularisation: float = 0.1,
) -> Tensor:
    """(N, C, H, W) maps -> (count, C, size, size) float32 filters: patches p, whitened twice.

    From each of ``samples`` patches its own mean is taken, then their mean patch. ZCA whitens with
    W = (covariance + e I)^-1/2, and a filter is W W p: its inner product with a patch x of the
    input, which is not whitened, is that of W p with W x. The means make no difference to it but a
    constant for each filter, which batch norm takes away, as it does the filters' norms.

    e is ``regularisation`` times the mean variance of the elements: Coates's 0.1, at variance 1.
    He also scales every patch to that variance (contrast normalisation). Here none is: a
    convolution could not do the same to its input. ``generator`` decides on the patches; it is a
    CPU one, whatever the device of the maps.

    Raises ValueError where no patch fits into the maps, where there are more filters than samples,
    and where the patches are all flat or not finite.
    """
    if size > min(maps.shape[2:]):
        raise ValueError(f"patches of {size} x {size} do not fit into maps {tuple(maps.shape)}")
    if count > samples:
        raise ValueError(f"{count} filters cannot be chosen from {samples} patches")
    patches = random_patches(maps, size, samples, generator).flatten(1)
    # In float64, so that a flat patch becomes zero.
    patches -= patches.mean(1, keepdim=True, dtype=torch.float64).float()
    patches -= patches.mean(0)
    variance = float(patches.square().mean())
    if not 0 < variance < float("inf"):
        raise ValueError("the patches are all flat or not finite, so they cannot be whitened")
    chosen = torch.randperm(samples, generator=generator)[:count].to(patches.device)
    # W W is the inverse of the regularised covariance, so no eigenvectors are needed. The smaller
    # of two systems is solved: (P'P / n + e I)^-1 P' = P' (P P' / n + e I)^-1 for patches P.
    dual = samples < patches.shape[1]
    gram = ((patches @ patches.T if dual else patches.T @ patches) / samples).double()
    gram.diagonal().add_(regularisation * variance)
    factor = torch.linalg.cholesky(gram)
    if dual:
        wanted = torch.zeros(samples, count, dtype=torch.float64, device=patches.device)
        wanted[chosen, torch.arange(count, device=patches.device)] = 1
        filters = torch.cholesky_solve(wanted, factor).float().T @ patches
    else:
        filters = torch.cholesky_solve(patches[chosen].T.double(), factor).float().T
    return filters.reshape(count, -1, size, size)


def random_patches(maps: Tensor, size: int, count: int, generator: torch.Generator) -> Tensor:
    """(count, C, size, size) float32: patches of (N, C, H, W) at places drawn evenly."""
    pictures = torch.randint(len(maps), (count,), generator=generator)
    starts = [torch.randint(n - size + 1, (count, 1), generator=generator) for n in maps.shape[2:]]
    rows, columns = (start + torch.arange(size) for start in starts)
    pictures, rows, columns = (
        index.to(maps.device)
        for index in (pictures[:, None, None], rows[:, :, None], columns[:, None, :])
    )
    # The indices surround the channels, which therefore come last.
    return maps[pictures, :, rows, columns].permute(0, 3, 1, 2).float()
