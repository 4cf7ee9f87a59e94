"""The metric in which steps are taken: an inverse Hessian that is diagonal in frequency."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from cnninvert.inversion.misfit import Residual

PROBES, SMOOTHING = 4, 2


class Metric:
    """Multiplies the Fourier coefficients of pictures by a matrix a frequency, across colours.

    ``matrices`` (B or 1, H, W, C, C): Hermitian and positive.
    """

    def __init__(self, matrices: Tensor) -> None:
        columns = matrices.shape[2] // 2 + 1
        self.matrices = matrices[:, :, :columns] + 0j

    def __call__(self, x: Tensor) -> Tensor:
        """``x`` (B, C, H, W) -> the same shape."""
        spectrum = torch.einsum("bhwcd,bdhw->bchw", self.matrices, torch.fft.rfft2(x))
        return torch.fft.irfft2(spectrum, s=x.shape[2:])


def of_photographs(precision: Tensor) -> Metric:
    """The covariance of photographs: ``precision`` (H, W, C, C) is its inverse."""
    return Metric(torch.linalg.inv(precision)[None])


def measured(
    residuals: Callable[[Tensor], list[Residual]],
    x: Tensor,
    precision: Tensor,
    weight: float | Tensor,
    generator: torch.Generator,
) -> Metric:
    """The inverse of the misfit's Hessian at ``x`` (B, C, H, W), as far as it depends on frequency.

    If z is white noise, the power of J^T z at a frequency has the diagonal of J^T J there as its
    mean; J is the Jacobian of the weighted residuals. It is estimated from ``PROBES`` such z and
    smoothed over neighbouring frequencies. ``weight``, or (B,), times the ``precision`` of
    photographs is added: much of it keeps to what photographs are like, little of it converges
    faster.
    """
    x = x.detach().requires_grad_()
    terms = [(term.weight, term.root()) for term in residuals(x) if term.amount.requires_grad]
    gradients = []
    for number in range(PROBES):
        projections = []
        for each, root in terms:
            # The same for each picture, whatever the batch.
            z = torch.randn(root[:1].shape, generator=generator).to(x.device)
            projections.append((each.sqrt() * (root * z).flatten(1).sum(1)).sum())
        again = number < PROBES - 1
        gradients += torch.autograd.grad(sum(projections), x, retain_graph=again)
    power = smooth_power(gradients)
    size = power.diagonal(dim1=-2, dim2=-1).real.mean((1, 2, 3)).view(-1, 1, 1, 1, 1)
    floor = torch.finfo(size.dtype).tiny
    weights = torch.as_tensor(weight, device=x.device).view(-1, 1, 1, 1, 1)
    return Metric(torch.linalg.inv(power / size.clamp_min(floor) + weights * precision))


def smooth_power(signals: Iterable[Tensor]) -> Tensor:
    """The mean power of ``signals``, each (B, C, H, W), smoothed over neighbouring frequencies.

    (B, H, W, C, C): a Hermitian matrix a frequency, across colours.
    """
    power, count = 0, 0
    for signal in signals:
        spectrum = torch.fft.fft2(signal, norm="ortho")
        power = power + torch.einsum("bchw,bdhw->bhwcd", spectrum, spectrum.conj())
        count += 1
    power = power / count
    for axis in (1, 2):
        for _ in range(2):
            near = [power.roll(shift, axis) for shift in range(-SMOOTHING, SMOOTHING + 1)]
            power = sum(near) / len(near)
    return power
