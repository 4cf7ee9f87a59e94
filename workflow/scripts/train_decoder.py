"""Train the decoder of one pool on the training photographs."""

from pathlib import Path

from cnninvert import job
from cnninvert.decoder_training import Recipe, train
from cnninvert.device import job_device
from cnninvert.files import forget, write_csv
from cnninvert.networks import Network


def main(snakemake):
    params, wildcards = snakemake.params, snakemake.wildcards
    device = job_device(snakemake)
    network = Network(snakemake.input.weights, device)
    recipe = Recipe(
        wildcards.layer,
        wildcards.switches,
        params.steps,
        params.crop,
        params.batch,
        params.learning_rate,
        params.pool_loss,
        params.seed,
    )
    state = Path(params.state)
    decoder, curve = train(network, Path(snakemake.input.photographs), recipe, state, device)
    curve.insert(0, "layer", recipe.layer)
    curve.insert(1, "switches", recipe.switches)
    write_csv(snakemake.output.curve, curve)
    decoder.save(
        snakemake.output.decoder,
        weights=network.attributes.get("source", network.path.name),
        steps=params.steps,
    )
    forget(state)


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
