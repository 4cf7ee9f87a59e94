"""Errors of decoded pictures, under Table 4's readings."""

import pandas as pd
import torch
from torch import Tensor

from cnninvert.networks.preprocessing import TORCHVISION_MEAN
from cnninvert.operators.norms import norms

COLUMNS = ["layer", "decoder", "image", "method", "reference", "pixels", "error"]


def relative_errors(
    pictures: Tensor, photograph: Tensor, decoded: Tensor
) -> dict[tuple[str, str], Tensor]:
    """(B,) each: ||x^ - x|| / ||x|| of ``pictures`` (B, 3, H, W), under Table 4's readings of x.

    x is the photograph (1, 3, H, W), or what is ``decoded`` (1, 3, H, W) from the original
    activation; its pixels lie in [0, 1], or have ImageNet's mean colour subtracted, which changes
    ||x|| alone. Keys are (reference, pixels).

    >>> x = torch.ones(1, 3, 2, 2)
    >>> relative_errors(0 * x, x, 0.5 * x)["picture", "unit"]
    tensor([1.])
    """
    mean = torch.tensor(TORCHVISION_MEAN, device=photograph.device).view(3, 1, 1)
    return {
        (reference, pixels): norms(pictures - x) / norms(x - shift)
        for reference, x in (("picture", photograph), ("decoded", decoded))
        for pixels, shift in (("unit", 0.0), ("centred", mean))
    }


def error_table(
    about: pd.DataFrame, pictures: Tensor, photograph: Tensor, decoded: Tensor
) -> pd.DataFrame:
    """Errors of ``pictures`` under all readings, as ``relative_errors`` has them.

    ``about``: what else is known of each picture, a row each. Columns: COLUMNS, activation_error.
    """
    tables = [
        about.assign(reference=reference, pixels=pixels, error=errors.cpu())
        for (reference, pixels), errors in relative_errors(pictures, photograph, decoded).items()
    ]
    return pd.concat(tables)[[*COLUMNS, "activation_error"]]
