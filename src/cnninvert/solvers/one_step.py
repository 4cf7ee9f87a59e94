"""A CNN layer as one step of iterative hard thresholding."""

from torch import Tensor

from cnninvert.operators.convolution import Convolution
from cnninvert.operators.model_sparsity import Projection


def one_step(operator: Convolution, x: Tensor, project: Projection) -> Tensor:
    """x^ = W^T M(W x, k): encode and decode ``x`` (B, M, D...) by one IHT step from z = 0.

    The feed-forward layer of section 2.3: ``project`` is max-pooling followed by unpooling.

    >>> import torch
    >>> from cnninvert.operators.model_sparsity import ModelProjection
    >>> w = Convolution(torch.ones(1, 1, 1), size=4)
    >>> one_step(w, torch.tensor([[[1.0, 3.0, 2.0, 0.0]]]), ModelProjection(region=2))
    tensor([[[0., 3., 2., 0.]]])
    """
    return operator.adjoint(project(operator(x)))
