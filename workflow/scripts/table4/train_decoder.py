"""Train the decoder of one pool on the training photographs."""

from pathlib import Path

from cnninvert.decoders.training import DecoderRecipe
from machinery import job
from machinery.checkpoints import Checkpoints
from machinery.files import atomic_write, write_csv
from paper.device import use_device
from paper.networks import load_network
from paper.table4.decoder_training import train


def train_decoder(
    weights: Path,
    photographs: Path,
    layer: str,
    switches: str,
    steps: int,
    crop: int,
    batch: int,
    learning_rate: float,
    pool_loss: float,
    seed: int,
    checkpoints: Checkpoints,
    gpu: int,
    decoder: Path,
    curve: Path,
) -> None:
    device = use_device(gpu)
    network = load_network(weights, device)
    recipe = DecoderRecipe(layer, switches, steps, learning_rate, pool_loss)
    trained, points = train(network, photographs, recipe, crop, batch, seed, checkpoints, device)
    points.insert(0, "layer", layer)
    points.insert(1, "switches", switches)
    write_csv(curve, points)
    with atomic_write(decoder) as part:
        source = network.attributes.get("source", network.path.name)
        trained.save(part, weights=source, steps=steps)


if "snakemake" in globals():
    job.run(snakemake, train_decoder)
