"""Convolutional layers as steps of model-based sparse recovery, and their inversion.

The public names are loaded when they are first used, so that importing the package is quick.
"""

from importlib import import_module

_LAZY = {
    "Convolution": "cnninvert.operators.convolution",
    "gaussian_filters": "cnninvert.operators.convolution",
    "unit_norm": "cnninvert.operators.convolution",
    "ModelProjection": "cnninvert.operators.model_sparsity",
    "is_model_sparse": "cnninvert.operators.model_sparsity",
    "sample_codes": "cnninvert.operators.model_sparsity",
    "norms": "cnninvert.operators.norms",
    "max_pool": "cnninvert.operators.switches",
    "unpool": "cnninvert.operators.switches",
    "Solution": "cnninvert.solvers.solution",
    "PreparedFilterBank": "cnninvert.solvers.filter_bank",
    "iht": "cnninvert.solvers.iht",
    "lambda_max": "cnninvert.solvers.lasso",
    "one_step": "cnninvert.solvers.one_step",
    "recover_codes": "cnninvert.solvers.algorithm2",
    "sparse_coding": "cnninvert.solvers.sparse_coding",
    "coherence": "cnninvert.theory.coherence",
    "distortion": "cnninvert.theory.rip",
    "isometry_ratio": "cnninvert.theory.rip",
    "recovery_bound": "cnninvert.theory.bounds",
    "Network": "cnninvert.networks.pretrained",
    "TracedNetwork": "cnninvert.networks.graph",
    "Preprocessing": "cnninvert.networks.preprocessing",
    "trace": "cnninvert.networks.tracing",
    "layer_operator": "cnninvert.networks.layer_operator",
    "module_operator": "cnninvert.networks.layer_operator",
    "Known": "cnninvert.inversion.known",
    "observe": "cnninvert.inversion.known",
    "Inversion": "cnninvert.inversion.invert",
    "invert": "cnninvert.inversion.invert",
    "Phase": "cnninvert.inversion.phases",
    "Equations": "cnninvert.inversion.equations",
    "numerical_rank": "cnninvert.inversion.horizon",
    "pixels_read": "cnninvert.inversion.horizon",
    "singular_values": "cnninvert.inversion.horizon",
    "Rank": "cnninvert.inversion.inertia",
    "rank_shares": "cnninvert.inversion.inertia",
    "Witness": "cnninvert.inversion.witness",
    "walk": "cnninvert.inversion.witness",
    "switch_bits": "cnninvert.inversion.switch_bits",
    "Decoder": "cnninvert.decoders.decoder",
    "DecoderRecipe": "cnninvert.decoders.training",
    "DecoderTraining": "cnninvert.decoders.training",
    "encode": "cnninvert.decoders.decoder",
}
__all__ = [*_LAZY]


def __getattr__(name: str):
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
