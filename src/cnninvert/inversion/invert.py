"""Pictures from activations: the pixels are the unknowns, nothing is trained."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from cnninvert.inversion import metric, natural
from cnninvert.inversion.agreement import agreement
from cnninvert.inversion.known import Known, is_relu, layers_up_to
from cnninvert.inversion.lbfgs import LBFGS
from cnninvert.inversion.misfit import Misfit
from cnninvert.inversion.phases import EVALUATIONS, Phase, usual_phases
from cnninvert.networks.graph import TracedNetwork
from cnninvert.networks.preprocessing import Preprocessing

# After each call of this, one evaluation of network and gradient: the number of evaluations, and
# the misfit of each picture.
Callback = Callable[[int, Tensor], None]


# Where to start again when a picture is stuck: grey, light, dark.
STARTS = (natural.BRIGHTNESS, 0.8, 0.15)
STUCK = 0.1


@dataclass(frozen=True)
class Inversion:
    """What ``invert`` has found for B pictures.

    ``pictures`` (B, C, H, W), in [0, 1]. Of them: ``value_errors`` (B,), the relative error of the
    layer's values, nan where none are known, inf where the network computes nan; ``switch_errors``
    (B,), the share of switches that differ, as ``agreement`` counts them; ``order_errors`` (B,),
    the norm by which places exceed the ones that switches name, relative to the picture's own
    values at the poolings, where each pooling counts twice as much as the next.
    ``converged`` (B,): whether value and order errors are within the tolerance. ``restarts`` (B,):
    how often another start was tried. ``evaluations``: of network and gradient, of all starts.
    """

    pictures: Tensor
    value_errors: Tensor
    switch_errors: Tensor
    order_errors: Tensor
    converged: Tensor
    restarts: Tensor
    evaluations: int

    @property
    def worst_errors(self) -> Tensor:
        """(B,): the larger one of value and order errors."""
        return torch.maximum(self.value_errors.nan_to_num(0), self.order_errors)


def invert(
    network: TracedNetwork,
    known: Known,
    preprocessing: Preprocessing | None = None,
    *,
    start: Tensor | float | None = None,
    tolerance: float = 2e-3,
    evaluations: int | None = None,
    phases: Sequence[Phase] | None = None,
    history: int = 100,
    callback: Callback | None = None,
) -> Inversion:
    """Pictures of which ``network`` gives what is ``known``, see ``observe``.

    ``preprocessing``: how pixels in [0, 1] become the network's input; torchvision's, if None.
    ``start``: pictures (B, C, H, W), such as a decoder's, or a grey in [0, 1]; if None, middle
    grey, and others for pictures that stay stuck. ``tolerance``: the errors up to which a picture
    counts as converged; it ends when all errors are a twentieth of it. ``evaluations``: of the
    network and its gradient, at most, from each start: 240, if None; from 160 pixels a side on,
    480 are needed to converge. ``phases``: in their place, how they are spent (``Phase``).
    ``history``: the steps that L-BFGS remembers; each takes the memory of two pictures. The network
    is one of float32.

    The misfit (``Misfit``) is minimised by L-BFGS, picture by picture, in a metric that is first
    the covariance of photographs and then the measured inverse Hessian (``metric``), in
    ``phases``. A batch goes on until all of its pictures are within the tolerance; else the batch
    makes no difference but rounding, which 240 steps enlarge. Raises ValueError for what does not
    fit the network.

    >>> from cnninvert import observe, trace
    >>> from cnninvert.operators.norms import norms
    >>> layers = torch.nn.Sequential(torch.nn.Conv2d(3, 24, 3, padding=1), torch.nn.ReLU())
    >>> net, x = trace(layers, 8), torch.rand(1, 3, 8, 8)
    >>> plain = Preprocessing(8, (0.0,) * 3, (1.0,) * 3)
    >>> found = invert(net, observe(net, x, "1"), plain)
    >>> bool(norms(found.pictures - x) < 0.01 * norms(x))
    True
    """
    preprocessing = preprocessing or Preprocessing()
    _check_effort(known, evaluations, phases, history)
    _check(network, known, preprocessing, start)
    network = network.detached()  # else its layers would be kept for gradients of parameters
    if phases is None:
        phases = usual_phases(known, evaluations or EVALUATIONS, isinstance(start, Tensor))
    layers = {known.layer, *known.masks}
    layers |= {each.name for each in layers_up_to(network, known.layer) if each.kind == "max_pool"}
    energies = natural.energies(network, layers, preprocessing, known.device)
    misfit = Misfit(network, known, preprocessing, energies)
    options = (phases, history, tolerance / 20, callback)
    starts = STARTS if start is None else [start]
    found = _descend(misfit, _start(network, known, starts[0]), *options)
    result = _judge(misfit, *found, tolerance)
    for number, other in enumerate(starts[1:], start=1):
        stuck = result.worst_errors > STUCK
        if not stuck.any():
            break
        part = Misfit(network, known[stuck], preprocessing, energies)
        found = _descend(part, _start(network, part.known, other), *options)
        result = _better(result, stuck, _judge(part, *found, tolerance), number)
    return result


def _check_effort(known, evaluations, phases, history) -> None:
    if evaluations is not None and phases is not None:
        raise ValueError("give evaluations or phases, not both")
    numbers = [len(known), history]
    numbers += [evaluations] if evaluations is not None else []
    numbers += [len(phases)] if phases is not None else []
    if min(numbers) < 1:
        raise ValueError("nothing to do: no picture, phase, evaluation or step of history")


def _check(network, known, preprocessing, start) -> None:
    network.layer(known.layer)
    types = {each.dtype for each in network.graph.parameters()} - {torch.float32}
    if types:
        raise ValueError(f"the network's parameters are {types.pop()}; invert takes float32")
    if len(preprocessing.mean) != network.input_shape[0]:
        raise ValueError(
            f"the network takes {network.input_shape[0]} channels, the preprocessing has "
            f"{len(preprocessing.mean)}"
        )
    before = {layer.name: layer for layer in layers_up_to(network, known.layer)}
    if late := sorted({*known.indices, *known.masks} - before.keys()):
        raise ValueError(f"{', '.join(late)}: not among the layers up to {known.layer}")
    for name in known.indices:
        if before[name].kind != "max_pool":
            raise ValueError(f"indices of {name}: it is no max-pooling")
    for name in known.masks:
        if not is_relu(before[name]):
            raise ValueError(f"masks of {name}: it is no ReLU")
    shapes = {f"the layer {known.layer}": (known.values, network.layer(known.layer).shape)}
    for name, tensor in {**known.indices, **known.masks}.items():
        shapes[name] = (tensor, network.layer(name).shape)
    if isinstance(start, Tensor):
        shapes["the start"] = (start, network.input_shape)
    for name, (tensor, shape) in shapes.items():
        if tensor is not None and tuple(tensor.shape) != (len(known), *shape):
            raise ValueError(f"{name}: {(len(known), *shape)} expected, not {tuple(tensor.shape)}")
    if known.values is not None and not known.values.isfinite().all():
        raise ValueError(f"the values of {known.layer} are not finite")


def _start(network: TracedNetwork, known: Known, start: Tensor | float) -> Tensor:
    x = torch.as_tensor(start, dtype=torch.float32, device=known.device)
    return x.expand(len(known), *network.input_shape).clone()


@torch.enable_grad()
def _descend(misfit, x, phases, history, tolerance, callback) -> tuple[Tensor, int]:
    generator = torch.Generator().manual_seed(0)
    inverse = natural.precision(*x.shape[1:], x.device)
    evaluations, search = 0, None
    for phase in phases:
        if search is not None:
            x = search.x
            misfit.measure_energies(x)
        chosen = _metric(misfit, x, phase, inverse, generator)
        if search is None:
            search = LBFGS(x, chosen, history)
        else:
            search.change(chosen)
        for _ in range(phase.evaluations):
            point = search.trial().detach().requires_grad_()
            terms = misfit.residuals(point, phase.margin, phase.variation, phase.robust)
            value = sum(term.loss() for term in terms)
            (gradient,) = torch.autograd.grad(value.sum(), point)
            search.tell(value.detach(), gradient)
            evaluations += 1
            if callback:
                callback(evaluations, value.detach())
            if not phase.margin and _within(terms, tolerance):
                return point.detach(), evaluations
    return search.x, evaluations


def _metric(misfit, x, phase, inverse, generator) -> metric.Metric:
    if phase.photographs is None:
        return metric.of_photographs(inverse)
    weight = phase.photographs
    if phase.by_error:
        with torch.no_grad():
            largest = torch.stack([*_errors(misfit.residuals(x)).values()]).amax(0)
            # Never zero, for what nothing is known of.
            weight = weight * (100 * largest.clamp_min(1e-6)).square()
    residuals = partial(misfit.residuals, robust=phase.robust)
    return metric.measured(residuals, x, inverse, weight, generator)


def _within(terms, tolerance: float) -> bool:
    return all(bool((errors <= tolerance).all()) for errors in _errors(terms).values())


def _errors(terms) -> dict[str, Tensor]:
    """The relative errors (B,) of values and of the order, of ``Misfit.residuals``."""
    found: dict[str, Tensor] = {}
    for term in terms:
        if term.about in ("values", "order"):
            found[term.about] = found.get(term.about, 0) + term.squares().detach()
    return {about: squares.sqrt() for about, squares in found.items()}


@torch.no_grad()
def _judge(misfit: Misfit, x: Tensor, evaluations: int, tolerance: float) -> Inversion:
    pictures = x.clamp(0, 1)
    values, switches = agreement(misfit.network, misfit.known, pictures, misfit.preprocessing)
    if misfit.known.values is not None:
        values = values.nan_to_num(torch.inf)
    misfit.measure_energies(pictures)  # for an error that is the picture's, whatever led to it
    errors = _errors(misfit.residuals(pictures))
    order = errors.get("order", torch.zeros(len(x), device=x.device))
    return Inversion(
        pictures=pictures,
        value_errors=values,
        switch_errors=switches,
        order_errors=order,
        converged=torch.maximum(values.nan_to_num(0), order) <= tolerance,
        restarts=torch.zeros(len(x), dtype=torch.long, device=x.device),
        evaluations=evaluations,
    )


def _better(one: Inversion, which: Tensor, other: Inversion, restarts: int) -> Inversion:
    """``one``, and where ``other``, of the pictures ``which``, is closer, that."""
    closer = other.worst_errors < one.worst_errors[which]
    at = which.nonzero().flatten()[closer]
    fields = {}
    for name in ("pictures", "value_errors", "switch_errors", "order_errors", "converged"):
        fields[name] = getattr(one, name).clone()
        fields[name][at] = getattr(other, name)[closer]
    tried = torch.where(which, restarts, one.restarts)
    return Inversion(**fields, restarts=tried, evaluations=one.evaluations + other.evaluations)
