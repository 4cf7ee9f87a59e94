"""What the rules of Table 1 share: recipes, seeds, and the table's cells."""

from itertools import product


def recipe(epochs):
    """How a network is trained, for as many epochs as that setting says."""
    names = "batch learning_rate filter_rate smoothing flips shifts mirrored precision"
    names = [*names.split(), "cache_gb"]
    return settings("table1", *names) | {"epochs": config["table1"][epochs]}


def chosen(wildcards):
    """The configuration that the settings give a cell of the table; None if it is searched for."""
    name = f"{wildcards.filters}-{wildcards.layers}"
    return config["table1"]["chosen"].get(name)


def halving(wildcards):
    """The factor by which a search's configurations become fewer."""
    key = "one_layer_halving" if wildcards.layers == "1" else "halving"
    return config["table1"][key]


def epochs_of(name):
    """How long the chosen configuration of a cell, such as random-2, is trained."""
    given = config["table1"]["chosen"].get(name, {})
    return given.get("epochs", config["table1"]["final_epochs"])


def final_recipe(wildcards):
    """How the chosen configuration is trained."""
    epochs = epochs_of(f"{wildcards.filters}-{wildcards.layers}")
    return recipe("final_epochs") | {"epochs": epochs}


def final_seeds(count):
    """The seeds of ``count`` final runs; the search has another."""
    return [SEED + 1 + number for number in range(count)]


def tested_seeds(wildcards):
    """The seeds of a cell's final runs."""
    section = config["table1"]
    more = section["one_layer_seeds"] if wildcards.layers == "1" else 0
    return final_seeds(max(section["seeds"], more))


def cells(files):
    """``files`` for every row and column of Table 1."""
    depths = config["table1"]["layers"]
    return expand(files, filters=["random", "learned"], layers=depths)


def varied_cells(files):
    """``files`` for the rows and columns of which the variants say something."""
    from paper.table1.varied import are_varied

    section = config["table1"]
    return [
        path
        for filters, layers in product(("random", "learned"), section["layers"])
        if are_varied(filters, layers, section["variants"])
        for path in expand(files, filters=filters, layers=layers)
    ]


def widths(files):
    """``files`` for every depth and number of filters of table1_width."""
    depths = enumerate(("one_layer", "two_layers", "three_layers"), start=1)
    return [
        path
        for layers, setting in depths
        for path in expand(
            files, layers=layers, channels=config["table1_width"][setting]
        )
    ]
