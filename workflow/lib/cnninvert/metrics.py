"""How close a decoded picture is to its photograph: relative error, PSNR, SSIM and LPIPS."""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor
from torchmetrics.functional.image import (
    peak_signal_noise_ratio,
    structural_similarity_index_measure,
)

from cnninvert.lpips import LPIPS
from cnninvert.networks import TORCHVISION_MEAN, Network
from cnninvert.norms import norms

SIGMA, REACH = 1.5, 5  # of SSIM's Gaussian window, in pixels; it is 11 wide


class Metrics:
    """All metrics of decoded pictures at once.

    ``lpips``: the perceptual distances, by the name of their network.
    """

    def __init__(self, lpips: Mapping[str, LPIPS] | None = None) -> None:
        self.lpips = dict(lpips or {})

    @classmethod
    def load(cls, networks: Iterable[str], heads: Iterable[str], device) -> "Metrics":
        """With LPIPS from files of weights and of heads, a pair a network."""
        found = {}
        for weights, head in zip(networks, heads, strict=True):
            network = Network(weights, device)
            found[network.architecture] = LPIPS(network, head)
        return cls(found)

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
    """(B,): 10 log10(1 / mean squared error), in dB, of pictures (B, 3, H, W) in [0, 1]."""
    return peak_signal_noise_ratio(
        pictures, photographs, data_range=1.0, reduction="none", dim=(1, 2, 3)
    )


def ssim(pictures: Tensor, photographs: Tensor) -> Tensor:
    """(B,): structural similarity of pictures (B, 3, H, W) in [0, 1].

    Wang, Bovik, Sheikh and Simoncelli (IEEE TIP 2004): a Gaussian window of 11 x 11 pixels, the
    mean over all windows that lie in the picture, and over R, G and B.
    """
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


def relative_errors(
    pictures: Tensor, photograph: Tensor, decoded: Tensor
) -> dict[tuple[str, str], Tensor]:
    """(B,) each: ||x^ - x|| / ||x|| of ``pictures`` (B, 3, H, W), under Table 4's readings of x.

    x is the photograph (1, 3, H, W), or what is ``decoded`` (1, 3, H, W) from the original
    activation; its pixels lie in [0, 1], or have ImageNet's mean colour subtracted, which changes
    ||x|| alone.
    """
    mean = torch.tensor(TORCHVISION_MEAN, device=photograph.device).view(3, 1, 1)
    return {
        (reference, pixels): norms(pictures - x) / norms(x - shift)
        for reference, x in (("picture", photograph), ("decoded", decoded))
        for pixels, shift in (("unit", 0.0), ("centred", mean))
    }
