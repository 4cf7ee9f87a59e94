"""What the rules of decoders.smk, table4.smk and figure4.smk share: layers and input functions."""

from itertools import product

MACRO_LAYERS = [f"pool{layer}" for layer in PLAN.macro_layers[MAIN]]
REACHED = bool(MACRO_LAYERS)
# The layers whose activations there are.
PLANNED = one_of(MACRO_LAYERS)
SWITCHES = config["decoders"]["switches"]
# What pictures come from: decoders, by their switches, and inversion without one.
PICTURED = SWITCHES + ["none"] * (config["table4"]["inverted_images"] > 0)


def decoder_steps(wildcards):
    """How long a decoder is trained."""
    steps = config["decoders"]["steps"][wildcards.architecture]
    if wildcards.layer not in steps:
        refuse(f"decoders.steps.{wildcards.architecture} has no {wildcards.layer}.")
    return steps[wildcards.layer]


def part_inputs(wildcards):
    """The reconstructions that a part of the pictures is decoded from."""
    names = {
        "one_step": rules.reconstruct_activations.output.reconstructions,
        "iht": rules.reconstruct_iht.output.reconstructions,
        "codes": rules.reconstruct_codes.output.reconstructions,
    }
    files = names.get(wildcards.part, [])
    return expand(files, weights=MAIN, layer=wildcards.layer)


def one_step_pictures(wildcards):
    """The pictures of the original activations, for the parts that are compared with them."""
    if wildcards.part == "one_step":
        return []
    return [f"{R}/pictures/{wildcards.layer}-{wildcards.switches}-one_step.h5"]


def every_part(files, layer, switches):
    """``files`` of all parts of the pictures of a decoder, or of none.

    Wrong switches say nothing about a decoder with fixed ones, which has no controls.
    """
    names = ["one_step", "iht", "codes"] + ["controls"] * (switches == "known")
    if switches == "none":
        names = ["inverted"]
    return expand(files, layer=layer, switches=switches, part=names)


def all_parts(files, pictured):
    """``files`` of all parts of all pictures of the main weights, by what they come from."""
    return [
        path
        for layer, switches in product(MACRO_LAYERS, pictured)
        for path in every_part(files, layer, switches)
    ]


def some_parts(files, *names, switches=SWITCHES):
    """``files`` of those parts of all decoders' pictures, for the main weights."""
    return expand(files, layer=MACRO_LAYERS, switches=switches, part=names)


def picture_file(wildcards):
    """The user's picture; one that cannot be used is refused before a decoder is trained for it."""
    from paper.data.photographs import load

    if wildcards.picture != PLAN.picture:
        refuse(f"picture: {wildcards.picture} is not what picture.file names.")
    path = expand_path(config["picture"]["file"])
    try:
        load(path)
    except InputError as error:
        refuse(str(error))
    return path
