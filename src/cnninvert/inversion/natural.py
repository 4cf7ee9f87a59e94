"""What photographs are like, in the mean: colours, spectrum, and the energy in a layer."""

from collections.abc import Collection

import torch
from torch import Tensor

from cnninvert.networks.graph import TracedNetwork
from cnninvert.networks.preprocessing import Preprocessing

# Covariance of red, green and blue, each photograph's mean taken away, scaled to a trace of 3, and
# the standard deviation: of 900 ImageNet photographs, 224 x 224.
COLOURS = ((1.016, 0.944, 0.860), (0.944, 0.983, 0.937), (0.860, 0.937, 1.001))
CONTRAST, BRIGHTNESS = 0.23, 0.45


def precision(channels: int, rows: int, columns: int, device: torch.device | str) -> Tensor:
    """The inverse covariance of photographs' Fourier coefficients (rows, columns, C, C).

    Their power falls with the square of the frequency (Field 1987: 1 / f amplitudes), from one
    period a picture on; colours as measured, for pictures of three channels. Scaled so that the
    mean of the diagonal is 1.
    """
    vertical = torch.fft.fftfreq(rows, device=device).view(-1, 1)
    horizontal = torch.fft.fftfreq(columns, device=device)
    squares = (vertical**2 + horizontal**2).clamp_min(1 / (rows * columns))
    colours = torch.eye(channels, device=device)
    if channels == 3:
        colours = torch.linalg.inv(torch.tensor(COLOURS, dtype=torch.float64)).float().to(device)
    found = squares[..., None, None] * colours
    return found / found.diagonal(dim1=-2, dim2=-1).mean()


@torch.no_grad()
def energies(
    network: TracedNetwork,
    layers: Collection[str],
    preprocessing: Preprocessing,
    device: torch.device | str = "cpu",
) -> dict[str, float]:
    """The mean square of the outputs of ``layers`` for pictures of noise with that spectrum."""
    channels, rows, columns = network.input_shape
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(4, channels, rows, columns, generator=generator).to(device)
    inverse = precision(channels, rows, columns, device)
    values, vectors = torch.linalg.eigh(inverse)
    root = ((vectors * values.rsqrt().unsqueeze(-2)) @ vectors.mT).to(torch.complex64)
    spectrum = torch.einsum("hwcd,bdhw->bchw", root, torch.fft.fft2(noise))
    pictures = torch.fft.ifft2(spectrum).real
    pictures = BRIGHTNESS + CONTRAST * pictures / pictures.std()
    inputs = preprocessing.normalise(pictures.clamp(0, 1))
    last = [name for name in network.layers if name in layers][-1]
    return {
        output.layer.name: output.values.square().mean().item()
        for output in network.run(inputs, last=last)
        if output.layer.name in layers
    }
