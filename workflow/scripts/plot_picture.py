"""A picture of the user's as a row of Figure 4."""

import logging
from pathlib import Path

import numpy as np
import torch

from cnninvert import job, picture_rows
from cnninvert.decoder import Decoder, encode
from cnninvert.decoding import eight_bit
from cnninvert.device import job_device
from cnninvert.filter_banks import filter_banks
from cnninvert.layers import title
from cnninvert.networks import Network
from cnninvert.norms import norms
from cnninvert.photographs import SHORT_SIDE, centre_crop, load
from cnninvert.picture_rows import Row
from cnninvert.table4 import reconstructions

log = logging.getLogger("cnninvert")


def main(snakemake):
    layer, switches = snakemake.wildcards.layer, snakemake.wildcards.switches
    device = job_device(snakemake)
    picture = load(snakemake.input.file)
    name = Path(snakemake.input.file).name
    if min(picture.size) < SHORT_SIDE:
        log.info(
            "%s: %d x %d pixels, enlarged to a short side of %d", name, *picture.size, SHORT_SIDE
        )
    network = Network(snakemake.input.weights, device)
    decoder = Decoder.load(snakemake.input.decoder, device)
    titles = picture_rows.columns(switches)
    row = decode_row(centre_crop(picture), network, decoder, snakemake.params.seed)
    log.info("relative errors: %s", ", ".join(f"{m} {e:.3f}" for m, e in row.errors.items()))
    foot = f"Decoded from VGG-16's {title('vgg16', layer)}, {switches} switches.\n"
    figure = picture_rows.draw([row], titles, {}, foot + "Below each picture its relative error.")
    picture_rows.save(figure, snakemake.output)


def decode_row(pixels: np.ndarray, network: Network, decoder: Decoder, seed: int) -> Row:
    """The columns of Figure 4 for one photograph, ``pixels`` (3, 224, 224) uint8 RGB.

    The Gaussian filters are the first bank of Table 4's; the noise is its first photograph's.
    """
    image = torch.tensor(pixels, device=decoder.mean.device).unsqueeze(0)
    pictures, errors = {"photograph": pixels}, {}
    with torch.inference_mode():
        x, places = encode(network, image, decoder.layer)
        banks = filter_banks(network, decoder.layer, seed, gaussian=1)
        found = reconstructions(x, banks, decoder.layer, seed, 0, (decoder.switches,))
        for name, x_hat in [("original", x), *found]:
            method = name.replace("gaussian0", "gaussian")
            decoded = decoder(x_hat, places)
            errors[method] = float(norms(decoded - image / 255) / norms(image / 255))
            pictures[method] = eight_bit(decoded[0]).cpu().numpy()
    return Row(pictures, errors)


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
