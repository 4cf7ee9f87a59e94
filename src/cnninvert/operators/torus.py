"""A convolution on a torus, where it is one small matrix for each frequency."""

import math
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor

from cnninvert.operators.convolution import Convolution


class Torus:
    """W^T as the part of a circular convolution C that lies over the signal, and its transforms.

    A stride s is undone by taking the signal's s^d phases as channels. The torus is just so large
    that what wraps around it falls outside of the signal, so zero padding is treated exactly:
    W^T z is C z, read where ``inside`` is true.

    Arrays on the torus are (B, N^d, channels), spectra (F, 2, B, channels) with real parts first:
    one of each pair of conjugate frequencies. Fourier transforms are matrix products, which keep
    the layouts and beat an FFT on the small maps of deep layers. Complex numbers are pairs of real
    arrays: two products of twice as many rows are faster than a complex one of a small batch.

    ``matrices``: (2, F, K, M s^d), each frequency's matrix of C^T, so that spectra of codes times
    it are spectra of signals. ``inside``: (N^d, M s^d) boolean.
    """

    def __init__(self, operator: Convolution):
        (size,) = set(operator.size)
        filters, stride, padding = operator.filters, operator.stride, operator.padding
        self.d, self.stride, self.size = operator.dimensions, stride, size
        self.outputs, length = operator.code_shape[-1], filters.shape[-1]
        self.phase_size = -(-size // stride)
        low, high = (-padding) // stride, (length - 1 - padding) // stride
        self.n = max(self.phase_size - low, self.outputs + max(high, 0), self.phase_size)
        if operator.circular:
            self.n = size
        self.k, self.m = filters.shape[0], filters.shape[1] * stride**self.d
        self._transforms(filters)
        self.matrices = self._spectrum(filters, padding)
        inside = filters.new_ones(1, filters.shape[1], *(size,) * self.d)
        self.inside = self.signal(inside)[0] > 0

    @staticmethod
    def bytes(operator: Convolution) -> float:
        """About how much memory the operator's torus and its inverse take."""
        k, m = operator.filters.shape[:2]
        m *= operator.stride**operator.dimensions
        side = -(-operator.size[-1] // operator.stride) + operator.filters.shape[-1]
        places = side**operator.dimensions
        matrices = places * m * (m + k)  # pairs, of half of the frequencies
        return operator.filters.element_size() * (matrices + 8 * places**2)

    def signal(self, x: Tensor) -> Tensor:
        """Signals (B, M, D...) on the torus, (B, N^d, M s^d), zero outside."""
        missing = self.stride * self.n - self.size
        return self._phases(F.pad(x, [p for _ in range(self.d) for p in (0, missing)]))

    def _phases(self, x: Tensor) -> Tensor:
        b, m = x.shape[:2]
        x = x.reshape(b, m, *(part for _ in range(self.d) for part in (self.n, self.stride)))
        places = [2 + 2 * axis for axis in range(self.d)]
        phases = [3 + 2 * axis for axis in range(self.d)]
        return x.permute(0, *places, 1, *phases).reshape(b, self.n**self.d, self.m)

    def code(self, z: Tensor) -> Tensor:
        """Codes (B, K, n...) on the torus, (B, N^d, K), zero outside."""
        z = F.pad(z, [p for _ in range(self.d) for p in (0, self.n - self.outputs)])
        return z.flatten(2).mT.contiguous()

    def crop(self, z: Tensor) -> Tensor:
        """The codes (B, K, n...) of codes on the torus, a view."""
        z = z.unflatten(1, (self.n,) * self.d)
        for axis in range(self.d):
            z = z.narrow(1 + axis, 0, self.outputs)
        return z.movedim(-1, 1)

    def forward(self, array: Tensor) -> Tensor:
        """The spectra (F, 2, B, C) of arrays (B, N^d, C)."""
        spectrum = torch.matmul(self.fourier, array)
        return spectrum.unflatten(1, (-1, 2)).permute(1, 2, 0, 3).contiguous()

    def backward(self, spectrum: Tensor) -> Tensor:
        """The arrays (B, N^d, C) of spectra (F, 2, B, C)."""
        return torch.matmul(self.inverse, spectrum.permute(2, 0, 1, 3).flatten(1, 2))

    @staticmethod
    def times(spectrum: Tensor, matrices: Tensor, adjoint: bool = False) -> Tensor:
        """Spectra (F, 2, B, C) as rows, times each frequency's matrix: (F, 2, B, D).

        ``matrices``: (2, F, C, D), or with ``adjoint`` (2, F, D, C), whose adjoints are taken.
        """
        real, imaginary = matrices.mT if adjoint else matrices
        turned = torch.stack([-spectrum[:, 1], spectrum[:, 0]], dim=1)  # times i
        product = torch.bmm(spectrum.flatten(1, 2), real)
        product.baddbmm_(turned.flatten(1, 2), imaginary, alpha=-1 if adjoint else 1)
        return product.unflatten(1, (2, -1))

    def inverse_gram(self, ridge: float) -> Tensor:
        """(2, F, M s^d, M s^d): the inverse of C C^T + ``ridge``, frequency by frequency."""
        real, imaginary = self.matrices
        inverses = real.new_empty(2, len(real), self.m, self.m)
        eye = torch.eye(self.m, dtype=real.dtype, device=real.device)
        for each, parts in enumerate(zip(real, imaginary, strict=True)):
            matrix = torch.complex(*parts)
            factor = torch.linalg.cholesky(matrix.mH @ matrix + ridge * eye)
            inverse = torch.cholesky_inverse(factor)
            inverses[0, each], inverses[1, each] = inverse.real, inverse.imag
        return inverses

    def _transforms(self, like: Tensor) -> None:
        """One of each pair of conjugate frequencies, as real matrices in both directions."""
        points = torch.tensor(list(product(range(self.n), repeat=self.d)))
        flat = points @ self.n ** torch.arange(self.d).flip(0)
        conjugate = (-points % self.n) @ self.n ** torch.arange(self.d).flip(0)
        kept = flat <= conjugate
        phase = 2 * math.pi / self.n * ((points[kept] @ points.T) % self.n).double()
        twice = torch.where(conjugate[kept] == flat[kept], 1.0, 2.0).double() / self.n**self.d
        wave = torch.stack([phase.cos(), -phase.sin()], 1)  # (F, 2, N^d)
        self.fourier = wave.flatten(0, 1).to(like)
        self.inverse = (wave * twice.view(-1, 1, 1)).flatten(0, 1).T.to(like).contiguous()

    def _spectrum(self, filters: Tensor, padding: int) -> Tensor:
        """Each frequency's matrix of C^T: z_k at place j adds filter k at j - padding."""
        side = self.n * self.stride
        wrapped = filters.new_zeros(*filters.shape[:2], *(side,) * self.d)
        for tap in product(range(filters.shape[-1]), repeat=self.d):
            place = tuple((t - padding) % side for t in tap)
            wrapped[(..., *place)] += filters[(..., *tap)]
        return self.forward(self._phases(wrapped)).transpose(0, 1).contiguous()
