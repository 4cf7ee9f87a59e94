"""A layer of a decoder while it is trained: started by least squares, its inputs centred."""

from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor

from cnninvert.decoders.decoder import Mirror

ROWS = 16384  # equations of a least-squares fit; its unknowns are at most 25 x 192 + 1
BLOCK = 512  # columns of a Gram matrix that are computed at a time
RIDGE = 0.001  # as a share of the inputs' mean energy


class WhitenedMirror(Mirror):
    """A transposed convolution whose filters see their inputs' channels centred and whitened.

    It computes what a plain one computes with other filters and another bias, which ``folded``
    gives, but Adam gets further in as many steps. What follows a ReLU is never negative: without a
    centre, each change of the filters shifts the brightness of the picture. And its channels are
    correlated: without whitening, they all wait for the strongest of what they share (Desjardins,
    Simonyan, Pascanu and Kavukcuoglu, "Natural Neural Networks", NIPS 2015).
    ``centre`` (C,) is subtracted from the inputs, which are then multiplied by ``whiten`` (C, C).
    """

    def __init__(self, *args: int, **kwargs: int) -> None:
        super().__init__(*args, **kwargs)
        self.register_buffer("centre", torch.zeros(self.in_channels))
        self.register_buffer("whiten", torch.eye(self.in_channels))

    def folded(self) -> tuple[Tensor, Tensor]:
        """Filters (C, O, l, l) and bias (O,) of the plain layer that gives the same outputs."""
        # In the order of channels_last, so that nothing is copied.
        rows = self.weight.permute(0, 2, 3, 1)
        filters = (self.whiten.T @ rows.flatten(1)).view_as(rows).permute(0, 3, 1, 2)
        # With a stride, an output sees one filter weight in stride^2; all share one bias.
        seen = self.weight.sum((2, 3)) / (self.stride[0] * self.stride[1])
        centre = (self.whiten * self.centre).sum(1, keepdim=True)
        return filters, self.bias - (seen * centre).sum(0)

    def forward(self, x: Tensor) -> Tensor:
        return self.convolve(x, *self.folded())

    @torch.no_grad()
    def fit(self, x: Tensor, target: Tensor, rng: torch.Generator) -> None:
        """Set filters and bias by ridge regression, after what centres and whitens ``x``.

        From ``x`` (B, C, h, w) to ``target`` (B, O, H, W), the shape of the output. With a stride,
        outputs of another phase, their row and column modulo the stride, see other weights of the
        filters: each phase is a regression of its own, of which ROWS equations are drawn, and the
        bias is the mean of theirs.
        """
        size, stride, (height, width) = self.kernel_size[0], self.stride[0], target.shape[2:]
        unwhiten = self._whiten(x)
        # A transposed convolution is a convolution, its filters turned round, of the input with
        # zeros around it and between its places.
        first = size - 1 - self.padding[0]
        spread = x.new_zeros(*x.shape[:2], height + size - 1, width + size - 1)
        spread[:, :, first::stride, first::stride][:, :, : x.shape[2], : x.shape[3]] = x
        patches = spread.unfold(2, size, 1).unfold(3, size, 1)
        turned, biases = torch.empty_like(self.weight), []
        for top, left in product(range(stride), repeat=2):
            rows, columns = (slice((first - at) % stride, None, stride) for at in (top, left))
            seen = patches[:, :, top::stride, left::stride, rows, columns]
            wanted = target[:, :, top::stride, left::stride]
            count, places = len(x), wanted.shape[2:]
            drawn = torch.randperm(count * places.numel(), generator=rng)[:ROWS].to(x.device)
            image, row, column = torch.unravel_index(drawn, (count, *places))
            inputs = seen[image, :, row, column] - self.centre.view(-1, 1, 1)
            weights, bias = _ridge(inputs.flatten(1), wanted[image, :, row, column])
            turned[:, :, rows, columns] = weights.unflatten(0, inputs.shape[1:]).movedim(-1, 1)
            biases.append(bias)
        self.weight.copy_((unwhiten.T @ turned.flip(2, 3).flatten(1)).view_as(turned))
        self.bias.copy_(torch.stack(biases).mean(0))

    def _whiten(self, x: Tensor) -> Tensor:
        """Centre and whiten the channels of ``x``; returns the inverse of ``whiten``."""
        self.centre.copy_(x.mean((0, 2, 3)))
        covariance = torch.cov(x.movedim(1, 0).flatten(1))
        variances, directions = torch.linalg.eigh(covariance)
        scales = (variances.clamp(min=0) + RIDGE * variances.mean()).sqrt()
        self.whiten.copy_((directions / scales).T)
        return directions * scales


def _ridge(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """The w (columns of a, columns of b) and bias of least ||a w + bias - b||^2 + ridge ||w||^2."""
    a = F.pad(a, (0, 1), value=1.0)
    gram = a.new_zeros(a.shape[1], a.shape[1])
    for end in range(BLOCK, len(gram) + BLOCK, BLOCK):  # the lower half: no more is read of it
        gram[end - BLOCK : end, :end] = a[:, end - BLOCK : end].T @ a[:, :end]
    gram.diagonal()[:-1] += RIDGE * gram.diagonal()[:-1].mean()
    solution = torch.cholesky_solve(a.T @ b, torch.linalg.cholesky(gram))
    return solution[:-1], solution[-1]
