"""Train the decoder of one pool on the training photographs."""

from pathlib import Path

from cnninvert import job
from cnninvert.decoder_training import Recipe, forget, train
from cnninvert.files import whole
from cnninvert.networks import Network


def main(snakemake):
    params = snakemake.params
    device = job.device(snakemake)
    network = Network(snakemake.input.weights, device)
    recipe = Recipe(
        snakemake.wildcards.layer,
        params.switches,
        params.steps,
        params.crop,
        params.batch,
        params.learning_rate,
        params.seed,
    )
    state = Path(params.state)
    decoder, curve = train(network, Path(snakemake.input.photographs), recipe, state, device)
    with whole(snakemake.output.curve) as part:
        curve.to_csv(part, index=False)
    decoder.save(
        snakemake.output.decoder,
        network=network.architecture,
        weights=network.attributes.get("source", network.path.name),
        steps=params.steps,
    )
    forget(state)


if "snakemake" in globals():
    job.run(snakemake, main, torch=True)
