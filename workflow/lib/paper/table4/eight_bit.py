"""Decoded pictures as they are shown. Free of torch."""

import numpy as np


def eight_bit(pictures: np.ndarray) -> np.ndarray:
    """Pictures on the scale [0, 1], clipped to it and rounded: uint8 of the same shape."""
    return np.rint((pictures * 255).clip(0, 255)).astype(np.uint8)
