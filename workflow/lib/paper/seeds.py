"""Random generators, one for each purpose."""

import numpy as np
import torch


def generator(*seeds: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A random generator that depends on all of ``seeds`` and on their order.

    The first one is the user's, the second says what is drawn: 0 and 1 splits and networks, 2 to 4
    trainings, 5 and 6 Gaussian filters, 7 IHT's codes, 8 and 9 crops and signs, 10 and 11 switches
    and noise, 12 to 15 banks, noise and crops of any network, 16 Theorem 3.1, 17 the horizon.

    NumPy fills up with zeros, so that (0, 2) and (0, 2, 0) are one stream. Where that happens, in
    Figure 2, a decoder and the first epoch of a CNN of Table 1, the draws have nothing in common.
    """
    state = int(np.random.SeedSequence([s % 2**32 for s in seeds]).generate_state(1, "uint64")[0])
    return torch.Generator(device=device).manual_seed(state % 2**63)
