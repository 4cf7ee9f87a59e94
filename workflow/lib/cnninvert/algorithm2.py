"""Algorithm 2: model-sparse codes of activations, by two l1 problems."""

from torch import Tensor

from cnninvert.convolution import Convolution
from cnninvert.factorisation import Factorisation
from cnninvert.lasso import lambda_max
from cnninvert.model_sparsity import ModelProjection
from cnninvert.norms import norms
from cnninvert.rip import isometry_ratio
from cnninvert.sparse_coding import Codes, sparse_coding


def recover_codes(
    operator: Convolution,
    x: Tensor,
    project: ModelProjection,
    lambda_fraction: float,
    tolerance: float = 1e-3,
    max_iterations: int = 1000,
    factorisation: Factorisation | None = None,
) -> tuple[Codes, Codes]:
    """Sparse codes of ``x`` (B, M, D...), their pooling switches, codes on that support.

    Returns the third line's codes, which are model-sparse, and the first line's. Both lines use
    the same lambda, a share of the lambda_max of the first.
    """
    factorisation = factorisation or Factorisation(operator, x.shape[-1])
    settings = {
        "lam": lambda_fraction * lambda_max(operator, x),
        "tolerance": tolerance,
        "max_iterations": max_iterations,
        "factorisation": factorisation,
    }
    free = sparse_coding(operator, x, **settings)
    model = project(free.z)
    restricted = sparse_coding(operator, x, support=model != 0, start=model, **settings)
    return restricted, free


def statistics(operator: Convolution, x: Tensor, codes: Codes, free: Codes) -> dict[str, Tensor]:
    """(B,) each, of both lines' codes of ``x``: Figure 3's ratio, and how far they were solved.

    ``codes``, ``free``: the third line's and the first's, as ``recover_codes`` returns them.
    """
    z, size = codes.z, x.shape[-1]
    return {
        "ratio": isometry_ratio(operator, z, size),
        "residual": norms(x - operator.adjoint(z, size)) / norms(x),
        "density": (z != 0).flatten(1).double().mean(1),
        "gap": codes.gap,
        "iterations": codes.iterations,
        "converged": codes.converged,
        "free_gap": free.gap,
        "free_iterations": free.iterations,
        "free_converged": free.converged,
    }
