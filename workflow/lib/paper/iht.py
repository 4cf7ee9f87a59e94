"""IHT on random model-sparse codes through Gaussian filter banks: does it find them again?"""

import pandas as pd
import torch

from cnninvert.operators.convolution import Convolution, gaussian_filters, unit_norm
from cnninvert.operators.model_sparsity import ModelProjection, sample_codes
from cnninvert.operators.norms import norms
from cnninvert.solvers.iht import VARIANTS, iht


def trial(
    channels: int,
    expansion: float,
    length: int,
    density: float,
    codes: int,
    steps: int,
    random: torch.Generator,
    device: torch.device,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw one Gaussian bank and ``codes`` model-sparse codes z; recover them from x = W^T z.

    W is a valid convolution of K = ``expansion`` M unit-norm 3 x 3 filters on M = ``channels`` maps
    of side ``length``; ``density`` is the share of non-zeros, at most one in a 2 x 2 region, and
    IHT is told how many there are. The first table has a row a variant and code: the errors of
    the code that IHT returns, ``signal_error`` ||x - W^T z^|| / ||x|| and ``code_error``
    ||z - z^|| / ||z||, whether it ``diverged`` and the ``steps`` it took. The second one has the
    same errors after every ``step``, inf from divergence on.
    """
    filters, shifts = round(expansion * channels), length - 2
    bank = unit_norm(gaussian_filters((filters, channels, 3, 3), random)).to(device)
    w = Convolution(bank, length)
    k = round(density * filters * shifts**2)
    z = sample_codes(codes, filters, (shifts, shifts), 2, k, random).to(device)
    x = w.adjoint(z)
    project = ModelProjection(region=2, k=k)

    def code_error(found, _residual=None):
        return norms(z - found) / norms(z)

    ends, curves = [], []
    for variant in VARIANTS:
        found = iht(w, x, project, steps, variant, measure=code_error)
        columns = {
            "signal_error": norms(x - w.adjoint(found.codes)) / norms(x),
            "code_error": code_error(found.codes),
            "diverged": found.diverged,
            "steps": found.iterations,
        }
        end = pd.DataFrame({name: values.cpu().numpy() for name, values in columns.items()})
        end.insert(0, "variant", variant)
        ends.append(end.rename_axis("code").reset_index())
        for step in range(steps):
            curve = pd.DataFrame(
                {
                    "code": range(codes),
                    "variant": variant,
                    "step": step + 1,
                    "signal_error": found.errors[step].cpu().numpy(),
                    "code_error": found.measured[step].cpu().numpy(),
                }
            )
            curves.append(curve)
    return pd.concat(ends), pd.concat(curves)
