"""What a target makes, and why one is left out."""

# What a target needs that only the user can name.
NEEDED = {
    "picture": "picture: say which, as in --config 'picture={file: holiday.jpg, layer: 4}'.",
    **{
        section: f"{section}: name layers of the network, as in "
        f"--config '{section}={{layers: [layer1, layer2]}}'."
        for section in ("inversion", "witnesses")
    },
}
NEEDED["table1_width"] = (
    "table1_width: say how many filters, as in --config 'table1_width={one_layer: [16, 32]}'."
)
NEEDED["figure_inversion"] = NEEDED["layer_by_layer"] = NEEDED["inversion"]


def left_out(target):
    """An input function that says why there is no ``target`` with these weights and settings."""

    def say(_wildcards):
        refuse(" ".join(PLAN.left_out.get(target, [])) or NEEDED[target])

    return say


def files_of(target):
    """The files that a target makes."""
    return list(flatten({**TARGETS, **EXTRA}[target]))


def flatten(files):
    if isinstance(files, str):
        yield files
    else:
        for file in files:
            yield from flatten(file)
