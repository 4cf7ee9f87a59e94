"""How well pictures agree with what is known of others."""

import torch
from torch import Tensor

from cnninvert.inversion.known import Known, observe
from cnninvert.networks.graph import TracedNetwork
from cnninvert.networks.preprocessing import Preprocessing
from cnninvert.operators.norms import norms


@torch.no_grad()
def agreement(
    network: TracedNetwork, known: Known, pictures: Tensor, preprocessing: Preprocessing
) -> tuple[Tensor, Tensor]:
    """The errors of values and of switches that ``pictures`` (B, C, H, W), in [0, 1], have.

    Values (B,): the relative error of the layer's output. Switches (B,): the share that differ,
    among regions where one of the two, the known one or the picture's, is not the first place,
    which is named where all values are zero, too. Each is nan where nothing is known of it.
    """
    inputs = preprocessing.normalise(pictures)
    again = observe(network, inputs, known.layer, switches=list(known.indices))
    nothing = torch.full((len(pictures),), torch.nan, device=pictures.device)
    values = nothing
    if known.values is not None:
        values = norms(again.values - known.values) / norms(known.values).clamp_min(1e-12)
    return values, _switches(network, known, again) if known.indices else nothing


def _switches(network: TracedNetwork, known: Known, again: Known) -> Tensor:
    differ = all_told = torch.zeros(len(known), device=known.device)
    for name, indices in known.indices.items():
        regions = network.regions(name)
        other = again.indices[name] != indices
        told = (regions.places(indices) != regions.first_places(known.device)) | other
        differ = differ + other.flatten(1).sum(1)
        all_told = all_told + told.flatten(1).sum(1)
    return differ / all_told.clamp_min(1)
