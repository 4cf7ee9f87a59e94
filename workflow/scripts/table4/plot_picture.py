"""A picture of the user's as a row of Figure 4."""

import logging
from pathlib import Path

import numpy as np
import torch

from cnninvert.decoders.decoder import Decoder, encode
from cnninvert.inversion.known import observe
from cnninvert.networks.layers import title
from cnninvert.networks.pretrained import Network
from cnninvert.operators.norms import norms
from machinery import job
from paper.data.photographs import SHORT_SIDE, centre_crop, load
from paper.device import use_device
from paper.inversion.logged import invert_logged
from paper.networks import load_network
from paper.table4 import picture_rows
from paper.table4.decoder_file import load_decoder
from paper.table4.eight_bit import eight_bit
from paper.table4.filter_banks import filter_banks
from paper.table4.picture_rows import Row
from paper.table4.reconstructions import one_step_reconstructions
from paper.traced import trace_network

log = logging.getLogger("cnninvert")


def plot_picture(
    file: Path,
    weights: Path,
    decoder: Path,
    layer: str,
    switches: str,
    evaluations: int,
    seed: int,
    gpu: int,
    figures: list[Path],
) -> None:
    """``evaluations``: of the inversion that is shown beside a decoder with known switches."""
    device = use_device(gpu)
    picture = load(file)
    if min(picture.size) < SHORT_SIDE:
        sizes = (*picture.size, SHORT_SIDE)
        log.info("%s: %d x %d pixels, enlarged to a short side of %d", file.name, *sizes)
    network, pixels = load_network(weights, device), centre_crop(picture)
    row = decode_row(pixels, network, load_decoder(decoder, device), seed)
    titles = picture_rows.columns(switches)
    if evaluations and switches == "known":
        titles["inverted"] = "activation inverted\nwithout a decoder"
        inverted, row.errors["inverted"] = invert_picture(pixels, network, layer, evaluations)
        row.pictures["inverted"] = inverted
    log.info("relative errors: %s", ", ".join(f"{m} {e:.3f}" for m, e in row.errors.items()))
    foot = f"Decoded from VGG-16's {title('vgg16', layer)}, {switches} switches.\n"
    foot += "Below each picture its relative error."
    picture_rows.save(picture_rows.draw([row], titles, {}, foot), figures)


def decode_row(pixels: np.ndarray, network: Network, decoder: Decoder, seed: int) -> Row:
    """The columns of Figure 4 for one photograph, ``pixels`` (3, 224, 224) uint8 RGB.

    The Gaussian filters and the noise are those of Table 4's first photograph.
    """
    image = torch.tensor(pixels, device=decoder.mean.device).unsqueeze(0)
    pictures, errors = {"photograph": pixels}, {}
    with torch.inference_mode():
        x, places = encode(network, image, decoder.layer)
        banks = filter_banks(network, decoder.layer, seed, 0)
        found = one_step_reconstructions(x, banks, decoder.layer, seed, 0, (decoder.switches,))
        for name, x_hat in [("original", x), *found]:
            decoded = decoder(x_hat, places)
            errors[name] = float(norms(decoded - image / 255) / norms(image / 255))
            pictures[name] = eight_bit(decoded[0].cpu().numpy())
    return Row(pictures, errors)


def invert_picture(
    pixels: np.ndarray, network: Network, layer: str, evaluations: int
) -> tuple[np.ndarray, float]:
    """A picture (3, 224, 224) uint8 RGB from values and switches of ``layer``; its relative error.

    ``pixels``: the photograph, likewise uint8.
    """
    traced, preprocessing = trace_network(network)
    image = torch.tensor(pixels, device=network.filters(network.layers[0].name).device)[None]
    known = observe(traced, preprocessing(image), layer)
    found = invert_logged(traced, known, preprocessing, evaluations).pictures
    error = float(norms(found - image / 255) / norms(image / 255))
    return eight_bit(found[0].cpu().numpy()), error


if "snakemake" in globals():
    job.run(snakemake, plot_picture)
