"""What a GPU is asked for, and what it is not: each answer makes the host wait for it."""

from torch import Tensor


def worth_doing(samples: Tensor) -> bool:
    """Whether there are any ``samples``, a mask.

    On a GPU always: what would be done for them costs less than to wait for the answer, so it is
    done for all and kept where the mask is true.

    >>> import torch
    >>> worth_doing(torch.tensor([False, True])), worth_doing(torch.tensor([False]))
    (True, False)
    """
    return samples.device.type == "cuda" or bool(samples.any())
