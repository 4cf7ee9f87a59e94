"""How incoherent filters can be at best."""


def welch_bound(vectors: int, dimension: int) -> float:
    """The least coherence of K unit vectors in n dimensions (Welch, 1974); 0 where K <= n.

    >>> round(welch_bound(3, 2), 6)
    0.5
    """
    if vectors <= dimension:
        return 0.0
    return ((vectors - dimension) / (dimension * (vectors - 1))) ** 0.5


def convolutional_welch_bound(redundancy: float, neighbours: int) -> float:
    """The same for all shifts of a filter bank on a large torus.

    ``redundancy``: code values for each value of the signal, K / (M s^2) with stride s.
    ``neighbours``: rows of W that overlap one row, itself among them: K (2l - 1)^2 with stride 1.
    The squares of a row of the Gram matrix sum to the redundancy at least, on average; one of them
    is 1. For one channel in one dimension this is the bound of Papyan, Sulam and Elad (2017).

    >>> round(convolutional_welch_bound(2, 2 * (2 * 5 - 1)), 6) == round((1 / 17) ** 0.5, 6)
    True
    """
    if redundancy <= 1 or neighbours <= 1:
        return 0.0
    return ((redundancy - 1) / (neighbours - 1)) ** 0.5
