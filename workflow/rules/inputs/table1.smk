"""What the rules of Table 1 share: recipes, seeds, and the table's cells."""


def recipe(epochs):
    """How a network is trained, for as many epochs as that setting says."""
    names = "batch learning_rate filter_rate smoothing flips shifts mirrored precision"
    names = [*names.split(), "cache_gb"]
    return settings("table1", *names) | {"epochs": config["table1"][epochs]}


def final_seeds(count):
    """The seeds of ``count`` final runs; the search has another."""
    return [SEED + 1 + number for number in range(count)]


def cells(files):
    """``files`` for every row and column of Table 1."""
    depths = config["table1"]["layers"]
    return expand(files, filters=["random", "learned"], layers=depths)


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
