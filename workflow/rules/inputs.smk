"""Which files rules ask for, what they are in the report, and what each target makes."""

PAPER = from_here(Path(workflow.basedir) / "workflow" / "data" / "paper_numbers.csv")
GALLERY = from_here(Path(workflow.basedir) / "workflow" / "data" / "gallery.html")
TABLE = ["csv", "md", "tex"]
FIGURE = ["pdf", "png"]
DECODER = (
    "{architecture}-{weights}-{layer}-{switches}"  # how files of a decoder are called
)
SOURCES = ",".join(config["data"]["sources"])


def weights_file(wildcards):
    """The user's file of these weights."""
    return expand_path(config["weights"]["files"][wildcards.weights]["path"])


def weights_preprocessing(wildcards):
    """What the user says that the file's weights expect."""
    return config["weights"]["files"][wildcards.weights]["preprocessing"]


def weights_path(name, architecture="vgg16"):
    """The weights called ``name``: a user's file belongs to the preset, downloads to all."""
    own = architecture == "vgg16" and name in config["weights"]["files"]
    return f"{R if own else DATA}/weights/{architecture}-{name}.safetensors"


def vgg16_weights(wildcards):
    """The weights that a rule's wildcard names."""
    return weights_path(wildcards.weights)


def network_weights(wildcards):
    """The weights that a rule's wildcards name, of either network."""
    return weights_path(wildcards.weights, wildcards.architecture)


LPIPS_NETWORKS = [
    weights_path("torchvision", name) for name in config["metrics"]["lpips"]
]
LPIPS_HEADS = [
    f"{DATA}/weights/lpips-{name}.safetensors" for name in config["metrics"]["lpips"]
]


def photographs_folder(_wildcards):
    """The folder of images that the user named, or the default photographs."""
    root = config["images"]["root"]
    return expand_path(root) if root else f"{DATA}/photographs"


def classify_recipe(epochs):
    """How a network is trained, for as many epochs as that setting says."""
    names = "batch learning_rate flips shifts precision cache_gb"  # all but the epochs
    recipe = {name: config["classify"][name] for name in names.split()}
    return recipe | {"epochs": config["classify"][epochs]}


def classify_seeds(count):
    """The seeds of the final runs, as many as that setting says; the search has another."""
    return [config["seed"] + 1 + number for number in range(config["classify"][count])]


def vgg16_files(rule_name):
    """A statistic of VGG-16 for each of the configured weights."""
    return [f"{R}/stats/{rule_name}/vgg16-{name}.csv" for name in PLAN.weights]


def table1_files(rule_name):
    """What a rule finds for every row and column of Table 1, and its learning curves."""
    names = expand(
        f"{R}/stats/{rule_name}/{{filters}}-{{layers}}",
        filters=["random", "learned"],
        layers=config["classify"]["layers"],
    )
    return [f"{name}.csv" for name in names], [f"{name}-curves.csv" for name in names]


SEARCHED, SEARCH_CURVES = table1_files("search_classifiers")
TESTED, TEST_CURVES = table1_files("test_classifier")
VARIED, _ = (
    table1_files("vary_classifier") if config["classify"]["variants"] else ([], [])
)


def activation_space_files(_wildcards):
    """Errors in activation space, for all weights and the layers that they reach."""
    return [
        f"{R}/stats/measure_activation_space/{name}-pool{layer}.csv"
        for name in PLAN.weights
        for layer in PLAN.macro_layers[name]
    ]


def activation_by_image_files(_wildcards):
    """The same image by image, for the main weights and the default reading."""
    return [
        f"{R}/stats/measure_activation_space/{MAIN}-pool{layer}-images.csv"
        for layer in PLAN.macro_layers[MAIN]
    ]


def each_decoder(pattern, switches=config["decoder"]["switches"]):
    """``pattern`` for every decoder of the main weights: the layers they reach, all switches."""
    layers = [f"pool{layer}" for layer in PLAN.macro_layers[MAIN]]
    return expand(pattern, layer=layers, switches=switches)


def image_space_files(_wildcards):
    """Errors in image space, for the main weights."""
    return each_decoder(f"{R}/stats/decode_pictures/{{layer}}-{{switches}}.csv")


def picture_file(wildcards):
    """The user's picture; one that cannot serve is refused before a decoder is trained for it."""
    from cnninvert.photographs import load

    if wildcards.picture != PLAN.picture:
        raise WorkflowError(
            f"picture: {wildcards.picture} is not what picture.file names."
        )
    path = expand_path(config["picture"]["file"])
    try:
        load(path)
    except InputError as error:
        raise WorkflowError(str(error)) from None
    return path


def metrics_files(_wildcards):
    """All metrics of the decoded pictures, for the main weights."""
    return each_decoder(f"{R}/stats/decode_pictures/{{layer}}-{{switches}}-metrics.csv")


def baseline_files(_wildcards):
    """What the decoded pictures are compared with, where there are any."""
    return [f"{R}/stats/score_baselines.csv"] if PLAN.macro_layers[MAIN] else []


TABLE4_DECODERS = [("vgg16", MAIN, f"pool{layer}") for layer in PLAN.macro_layers[MAIN]]


def decoder_files(rule_name, decoders):
    """A rule's findings on ``decoders``, named as in PLAN, with each kind of switches."""
    return [
        f"{R}/stats/{rule_name}/{'-'.join(decoder)}-{switches}.csv"
        for decoder in decoders
        for switches in config["decoder"]["switches"]
    ]


def decoder_steps(wildcards):
    """How long a decoder is trained."""
    return config["decoder"]["steps"][wildcards.architecture][wildcards.layer]


def iht_files(_wildcards):
    """Errors of many IHT steps, for the main weights."""
    return [
        f"{R}/stats/measure_iht/pool{layer}.csv" for layer in PLAN.macro_layers[MAIN]
    ]


def ratio_files(_wildcards):
    """Figure 3's ratios, where the weights reach its layer."""
    if not PLAN.rip:
        return []
    parts = expand(
        f"{R}/stats/recover_codes/{MAIN}-{{filters}}-{{kind}}.csv",
        filters=["learned", "gaussian"],
        kind=["linear", "output"],
    )
    return parts + expand(
        f"{R}/stats/sample_codes/{MAIN}-{{filters}}.csv",
        filters=["learned", "gaussian"],
    )


def layer_ratios(layers, kind):
    """``kind``, "ratios" or "signs", of Figure 3's codes for ``layers`` of PLAN, in their order."""
    return [
        f"{R}/stats/recover_layer_codes/{'-'.join(layer)}-{filters}-{kind}.csv"
        for layer in layers
        for filters in ("learned", "gaussian")
    ]


def layer_lambdas(wildcards):
    """The lambdas of a layer's codes, as shares of lambda_max, rip.lambda among them."""
    layer = (wildcards.architecture, wildcards.weights, wildcards.layer)
    swept = config["figure3_layers"]["lambdas"] if layer in PLAN.lambda_layers else []
    return sorted({config["rip"]["lambda"], *swept}, reverse=True)


def in_report(path, kind):
    """``path`` with a place in the report, and the caption of its table or figure.

    Files that differ by wildcards share the caption of what their names begin with.
    """
    name, suffix = Path(path).stem, Path(path).suffix[1:]
    labels = {kind: name, "format": suffix}
    caption = f"../report/{name.split('_{')[0]}.rst"
    return report(path, caption=caption, category=kind.capitalize(), labels=labels)


def table_files(name):
    """The formats of a table."""
    return [in_report(f"{R}/tables/{name}.{suffix}", "table") for suffix in TABLE]


def figure_files(name):
    """The formats of a figure."""
    return [in_report(f"{R}/figures/{name}.{suffix}", "figure") for suffix in FIGURE]


def paths(folder, name, suffixes):
    return [f"{R}/{folder}/{name}.{suffix}" for suffix in suffixes]


# What each target makes. What the configured weights cannot reach is left out, and said so.
TARGETS = {
    "table1": [
        *paths("tables", "table1", TABLE),
        *paths("tables", "table1_configurations", TABLE),
        *(paths("tables", "table1_variants", TABLE) if VARIED else []),
        *(paths("tables", "table1_costs", TABLE) if VARIED else []),
        *paths("figures", "table1_channels", FIGURE),
        *paths("figures", "table1_curves", FIGURE),
    ],
    "table2": paths("tables", "table2", TABLE),
    "table3": paths("tables", "table3", TABLE),
    "table4": (
        [
            *paths("tables", "table4", TABLE),
            *paths("tables", "table4_pictures", TABLE),
        ]
        if PLAN.macro_layers[MAIN]
        else []
    ),
    "alexnet": paths("tables", "alexnet", TABLE),
    "figure2": paths("figures", "figure2", FIGURE),
    "figure3": paths("figures", "figure3", FIGURE) if PLAN.rip else [],
    "figure4": [
        path
        for name in each_decoder("figure4_{layer}_{switches}")
        for path in paths("figures", name, FIGURE)
    ],
    "switches": paths("figures", "switches", FIGURE) if PLAN.switches else [],
    "gallery": [f"{R}/gallery"] if PLAN.macro_layers[MAIN] else [],
    "iht_codes": [
        *paths("tables", "iht_codes", TABLE),
        *paths("figures", "iht_codes", FIGURE),
    ],
    "iht_activations": (
        [
            *paths("tables", "iht_activations", TABLE),
            *paths("figures", "iht_activations", FIGURE),
        ]
        if PLAN.macro_layers[MAIN]
        else []
    ),
    "decoder_curves": (
        paths("figures", "decoder_curves", FIGURE) if TABLE4_DECODERS else []
    ),
    "fidelity": [
        f"{R}/tables/fidelity.csv",
        f"{R}/tables/claims.csv",
        *paths("figures", "fidelity", FIGURE),
    ],
}

# What is made on demand only, and is not part of `all`.
EXTRA = {
    "decoders": paths("tables", "decoders", TABLE),
    "figure3_layers": [
        *(paths("tables", "figure3_layers", TABLE) if PLAN.figure3_layers else []),
        *(paths("figures", "figure3_layers", FIGURE) if PLAN.figure3_layers else []),
        *(paths("figures", "figure3_lambda", FIGURE) if PLAN.lambda_layers else []),
    ],
    "picture": [
        path
        for switches in (config["decoder"]["switches"] if PLAN.picture else [])
        for path in paths(
            "figures",
            f"picture_{PLAN.picture}_pool{config['picture']['layer']}_{switches}",
            FIGURE,
        )
    ],
}

# What a target needs that only the user can name.
NEEDED = {
    "picture": "picture: say which, as in --config 'picture={file: holiday.jpg, layer: 4}'.",
}


def left_out(target):
    """An input function that says why there is no ``target`` with these weights and settings."""

    def refuse(_wildcards):
        sentences = [
            line
            for line in PLAN.left_out
            if line.lower().replace(" ", "").startswith(target)
        ]
        raise WorkflowError(" ".join(sentences) or NEEDED[target])

    return refuse
