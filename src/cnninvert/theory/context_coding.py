"""Code lengths of symbols, given what is known when each is decoded: how many bits they hold."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def code_length(symbols: NDArray, contexts: Sequence[NDArray], alphabet: int) -> float:
    """Bits that context-tree weighting takes for ``symbols`` (n,), integers below ``alphabet``.

    ``contexts``: integers (n,) that the decoder knows before each symbol, the most telling first.
    Each prefix of them is a context of its own with an adaptive distribution (Krichevsky and
    Trofimov 1981), and all prunings of this tree are averaged (Willems, Shtarkov and Tjalkens
    1995). An arithmetic coder reaches this length to within two bits, without knowing any
    statistics before.

    >>> fair = np.random.default_rng(0).integers(0, 2, 10000)
    >>> round(code_length(fair, [], 2) / len(fair), 2)
    1.0
    >>> code_length(fair, [fair], 2) < 20
    True
    """
    symbols = np.asarray(symbols).ravel()
    nodes = np.zeros(len(symbols), dtype=np.int64)
    levels = [nodes]
    for context in contexts:
        context = np.asarray(context).ravel().astype(np.int64)
        _, nodes = np.unique(nodes * (context.max(initial=0) + 1) + context, return_inverse=True)
        levels.append(nodes)
    weighted = None  # of the nodes one level below, the logarithms of their probabilities
    for depth in range(len(levels) - 1, -1, -1):
        nodes = levels[depth]
        own = _adaptive(symbols, nodes, alphabet)
        if weighted is not None:
            first = np.zeros(len(weighted), dtype=np.int64)
            first[levels[depth + 1]] = nodes  # the parent of each
            below = np.bincount(first, weights=weighted, minlength=len(own))
            own = np.logaddexp(own, below) - np.log(2)
        weighted = own
    return float(-weighted.sum() / np.log(2))


def _adaptive(symbols: NDArray, nodes: NDArray, alphabet: int) -> NDArray:
    """The logarithm of the probability of each node's symbols, by counts that start at one half."""
    size = int(nodes.max(initial=0)) + 1
    counts = np.bincount(nodes * alphabet + symbols, minlength=size * alphabet)
    counts = counts.reshape(size, alphabet)
    total = counts.sum(1)
    return _log_rising(0.5, counts).sum(1) - _log_rising(alphabet / 2, total)


def _log_rising(start: float, counts: NDArray) -> NDArray:
    """log(start (start + 1) ... (start + count - 1)) for each of ``counts``."""
    most = int(counts.max(initial=0))
    table = np.concatenate([[0.0], np.cumsum(np.log(start + np.arange(most)))])
    return table[counts]
