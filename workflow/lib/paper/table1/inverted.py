"""How well Table 1's networks can be inverted: pictures from their last layer's output."""

from collections.abc import Iterator

import torch
from torch import Tensor

from cnninvert.inversion.known import Known, observe
from cnninvert.networks.tracing import trace
from cnninvert.operators.model_sparsity import ModelProjection
from cnninvert.operators.norms import norms
from cnninvert.solvers.one_step import one_step
from paper.inversion.logged import invert_logged
from paper.table1.architecture import SIDE
from paper.table1.classifier import Classifier
from paper.table1.module import PREPROCESSING, as_module
from paper.table1.whitening import Whitening
from paper.table4.reconstruction import scale_to

KNOWN = {"one_step": "one IHT step", "values": "values", "switches": "values and switches"}


def invert_classifier(
    network: Classifier, whitening: Whitening | None, images: Tensor, evaluations: int
) -> Iterator[tuple[str, Tensor]]:
    """Relative errors (B,) of ``images`` (B, 3, 32, 32), uint8, by what is known (``KNOWN``).

    Known is the output of the last max pooling, without and with the switches of all poolings;
    the pixels are found with that many ``evaluations`` of the network and its gradient. One IHT
    step (equation (2)), as Table 4 has it, gives the input of the last convolution; its errors are
    of that.
    """
    module = as_module(network, whitening)
    traced = trace(module, SIDE)
    x, last = PREPROCESSING(images), len(network.layers)
    pictures = images.float() / 255
    name = f"conv{last}"
    before = [each for each, _ in module.named_children()].index(name)
    with torch.no_grad():
        inputs = module[:before](x)
        step = one_step(traced.operator(name), inputs, ModelProjection(2, magnitude="signed"))
        found = scale_to(step, inputs)
    yield "one_step", norms(found - inputs) / norms(inputs)
    everything = observe(traced, x, f"pool{last}")
    for name, indices in (("values", {}), ("switches", everything.indices)):
        known = Known(everything.layer, everything.values, indices)
        what = f"{name}, evaluations"
        found = invert_logged(traced, known, PREPROCESSING, evaluations, what=what)
        yield name, norms(found.pictures - pictures) / norms(pictures)
