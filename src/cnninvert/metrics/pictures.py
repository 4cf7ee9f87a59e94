"""How close a decoded picture is to its photograph: relative error, PSNR, SSIM and LPIPS."""

from collections.abc import Mapping

import torch
from torch import Tensor

from cnninvert.metrics.lpips import LPIPS
from cnninvert.operators.norms import norms

WINDOW = 11  # pixels, of SSIM


class Metrics:
    """All metrics of decoded pictures at once.

    ``lpips``: the perceptual distances, by the name of their network.
    """

    def __init__(self, lpips: Mapping[str, LPIPS] | None = None) -> None:
        self.lpips = dict(lpips or {})

    @property
    def names(self) -> list[str]:
        """Of the metrics, as ``__call__`` gives them."""
        return ["error", "psnr", "ssim", *(f"lpips_{name}" for name in self.lpips)]

    def __call__(self, pictures: Tensor, photographs: Tensor) -> dict[str, Tensor]:
        """(B,) each, of ``pictures`` (B, 3, H, W), RGB on the scale [0, 1] but not clipped to it.

        ``photographs`` (B, 3, H, W) in [0, 1], or one, (1, 3, H, W), for all pictures. ``error``,
        the relative one, takes the pictures as they are, which is what decoders are trained for;
        PSNR (dB, of all three channels), SSIM and LPIPS take them clipped, as they are shown.
        """
        shown, expanded = pictures.clamp(0, 1), photographs.expand_as(pictures)
        values = (
            norms(pictures - photographs) / norms(photographs),
            psnr(shown, expanded),
            ssim(shown, expanded),
            *(distance(shown, photographs) for distance in self.lpips.values()),
        )
        return dict(zip(self.names, values, strict=True))


def psnr(pictures: Tensor, photographs: Tensor) -> Tensor:
    """(B,): 10 log10(1 / mean squared error), in dB, of pictures (B, 3, H, W) in [0, 1].

    >>> psnr(torch.zeros(1, 3, 4, 4), torch.full((1, 3, 4, 4), 0.1)).round()
    tensor([20.])
    """
    return -10 * (pictures - photographs).square().mean((1, 2, 3)).log10()


def ssim(pictures: Tensor, photographs: Tensor) -> Tensor:
    """(B,): structural similarity of pictures (B, 3, H, W) in [0, 1].

    Wang, Bovik, Sheikh and Simoncelli (IEEE TIP 2004): a Gaussian window of 11 x 11 pixels, the
    mean over all windows that lie in the picture, and over R, G and B. Computed by the package
    pytorch-msssim. Raises ValueError for pictures that are smaller than the window.

    >>> picture = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    >>> ssim(picture, picture)
    tensor([1.])
    """
    from pytorch_msssim import ssim as of_windows

    if min(pictures.shape[2:]) < WINDOW:
        raise ValueError(f"SSIM is of pictures of {WINDOW} x {WINDOW} pixels or more")
    # In this layout it is three times as fast on a CPU.
    both = (each.contiguous(memory_format=torch.channels_last) for each in (pictures, photographs))
    return of_windows(*both, data_range=1.0, size_average=False)
