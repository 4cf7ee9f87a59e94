"""Inputs that a layer cannot tell from nothing: a proof that its ReLU is not injective."""

import numpy as np
from scipy.optimize import linprog
from torch import Tensor


def silenced_margin(filters: Tensor, nonnegative: bool) -> float:
    """How strongly a constant input can drive every filter below zero: 0 if none can.

    The largest t for which some c with |c_m| <= 1 (0 <= c_m <= 1 with ``nonnegative``, as the
    inputs of inner layers are) has <w_k, c> <= -t for all filters (K, M, l, l') of unit norm, where
    the input is c in all places: a linear program. If t > 0, then at r c with r large every
    response that sees no border is below zero by r t, whatever the bias, and so it stays when the
    input is changed a little away from the border: the layer does not tell these inputs apart. That
    no filter set is so is necessary for injectivity (Puthawala et al., JMLR 2022; on the
    non-negative part of a ball Haider, Ehler and Balazs, ICML 2023), not sufficient.

    >>> import torch
    >>> pair = torch.tensor([[1.0], [-1.0]]).view(2, 1, 1, 1)
    >>> silenced_margin(pair, False), silenced_margin(pair[1:], True)
    (0.0, 1.0)
    """
    responses = filters.double().sum((2, 3)).cpu().numpy()
    k, m = responses.shape
    found = linprog(
        np.append(np.zeros(m), -1.0),
        A_ub=np.hstack([responses, np.ones((k, 1))]),
        b_ub=np.zeros(k),
        bounds=[(0 if nonnegative else -1, 1)] * m + [(0, None)],
    )
    if found.status != 0:
        raise RuntimeError(f"linear program: {found.message}")
    return max(0.0, float(found.x[-1]))
