"""The paper's error bound for one step of model-based IHT."""


def recovery_bound(delta_k: float, delta_2k: float) -> float:
    """Theorem 3.3: the bound on ||x^ - x|| / ||x|| after one step; inf where it does not apply.

    5 delta_2k / (1 - delta_k) sqrt((1 + delta_2k) / (1 - delta_2k)), with the model-RIP constants
    of k-sparse codes and of sums of two of them (M_k^2 in Corollary 3.2).

    >>> round(recovery_bound(0.1, 0.2), 3)
    1.361
    >>> recovery_bound(0.5, 1.1)
    inf
    """
    if not 0 <= delta_k <= delta_2k < 1:
        return float("inf")
    return 5 * delta_2k / (1 - delta_k) * ((1 + delta_2k) / (1 - delta_2k)) ** 0.5
