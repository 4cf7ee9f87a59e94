"""The network of the settings, with its parameters, in one file that later rules read."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from cnninvert.networks.layers import ARCHITECTURES
from cnninvert.networks.parameters import draw_parameters, read_state, set_state
from cnninvert.networks.preprocessing import Preprocessing
from cnninvert.networks.tracing import trace
from machinery import job
from machinery.errors import input_errors
from machinery.files import scratch_folder
from paper.network.official import official_preprocessing, official_weights
from paper.network.prepared import Source, write_prepared


def prepare_network(known: list[Path], settings: dict[str, Any], prepared: Path) -> None:
    """``settings``: the section network, with paths as the system has them.

    ``known``: the pipeline's own file of weights, for VGG-16 and AlexNet.
    """
    source = Source(settings["name"], settings["file"], settings["function"])
    torch.manual_seed(settings["random"] or 0)  # for what draw_parameters leaves as it is built
    module = source.build()
    preprocessing = Preprocessing() if source.file else official_preprocessing(source.name)
    if settings["weights"]:
        with input_errors():
            set_state(module, read_state(settings["weights"]), settings["weights"])
    elif settings["random"] is not None:
        draw_parameters(module, settings["random"])
    elif source.name in ARCHITECTURES and not source.file:
        with input_errors():
            set_state(module, load_file(known[0]), known[0])
    elif not source.file:
        with scratch_folder(prepared) as scratch:
            state = official_weights(source.name, scratch)
        with input_errors():
            set_state(module, state, source.name)
    own = {key: settings[key] for key in ("size", "mean", "std") if settings[key] is not None}
    own = {key: tuple(value) if isinstance(value, list) else value for key, value in own.items()}
    preprocessing = replace(preprocessing, **own)
    with input_errors("name another network, or give it other pictures with network.size"):
        trace(module, preprocessing.size)
    write_prepared(prepared, source, module.state_dict(), preprocessing)


if "snakemake" in globals():
    job.run(snakemake, prepare_network)
