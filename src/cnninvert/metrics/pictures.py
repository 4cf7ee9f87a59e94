"""How close a decoded picture is to its photograph: relative error, PSNR, SSIM and LPIPS."""

from collections.abc import Mapping

from torch import Tensor

from cnninvert.metrics.lpips import LPIPS
from cnninvert.operators.norms import norms

SIGMA, REACH = 1.5, 5  # of SSIM's Gaussian window, in pixels; it is 11 wide


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

    Computed by the package torchmetrics.

    >>> import torch
    >>> psnr(torch.zeros(1, 3, 4, 4), torch.full((1, 3, 4, 4), 0.1)).round()
    tensor([20.])
    """
    from torchmetrics.functional.image import peak_signal_noise_ratio

    return peak_signal_noise_ratio(
        pictures, photographs, data_range=1.0, reduction="none", dim=(1, 2, 3)
    )


def ssim(pictures: Tensor, photographs: Tensor) -> Tensor:
    """(B,): structural similarity of pictures (B, 3, H, W) in [0, 1].

    Wang, Bovik, Sheikh and Simoncelli (IEEE TIP 2004): a Gaussian window of 11 x 11 pixels, the
    mean over all windows that lie in the picture, and over R, G and B. Computed by the package
    torchmetrics.

    >>> import torch
    >>> picture = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    >>> ssim(picture, picture)
    tensor([1.])
    """
    from torchmetrics.functional.image import structural_similarity_index_measure

    # All channels of all pictures as channels of one: four times faster on a CPU than a batch.
    _, windows = structural_similarity_index_measure(
        pictures.flatten(0, 1)[None],
        photographs.flatten(0, 1)[None],
        sigma=SIGMA,
        data_range=1.0,
        return_full_image=True,
    )
    inside = windows[0, :, REACH:-REACH, REACH:-REACH]
    return inside.unflatten(0, pictures.shape[:2]).mean((1, 2, 3))
