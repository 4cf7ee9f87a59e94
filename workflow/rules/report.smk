"""Tables, figures, the comparison with the paper, and the targets that ask for them."""

PAPER = str(Path(workflow.basedir) / "workflow" / "data" / "paper_numbers.csv")
TABLE = ["csv", "md", "tex"]
FIGURE = ["pdf", "png"]


def in_report(path, kind):
    """``path`` with a place in the report, and the caption of its table or figure."""
    name, suffix = Path(path).stem, Path(path).suffix[1:]
    labels = {kind: name, "format": suffix}
    flagged = report(
        path, caption=f"../report/{name}.rst", category=kind.capitalize(), labels=labels
    )
    return flagged


def table_files(name):
    """The formats of a table."""
    return [in_report(f"{R}/tables/{name}.{suffix}", "table") for suffix in TABLE]


def figure_files(name):
    """The formats of a figure."""
    return [in_report(f"{R}/figures/{name}.{suffix}", "figure") for suffix in FIGURE]


def classifier_files(_wildcards):
    """Test accuracies of every row and column of Table 1."""
    return expand(
        f"{R}/stats/test_classifier/{{filters}}-{{layers}}.csv",
        filters=["random", "learned"],
        layers=config["classify"]["layers"],
    )


def activation_space_files(_wildcards):
    """Errors in activation space, for all weights and the layers that they reach."""
    return [
        f"{R}/stats/measure_activation_space/{name}-pool{layer}.csv"
        for name in PLAN.weights
        for layer in PLAN.macro_layers[name]
    ]


def image_space_files(_wildcards):
    """Errors in image space, for the main weights."""
    return [
        f"{R}/stats/decode_pictures/pool{layer}.csv"
        for layer in PLAN.macro_layers[MAIN]
    ]


def vgg16_files(rule_name):
    """A statistic of VGG-16 for each of the configured weights."""
    return [f"{R}/stats/{rule_name}/vgg16-{name}.csv" for name in PLAN.weights]


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


rule write_table1:
    input:
        code=code("write_table1"),
        paper=PAPER,
        classifiers=classifier_files,
    output:
        table_files("table1"),
    log:
        f"{R}/logs/write_table1.log",
    benchmark:
        f"{R}/benchmarks/write_table1.tsv"
    script:
        "../scripts/write_table1.py"


rule write_table2:
    input:
        code=code("write_table2"),
        paper=PAPER,
        sparsity=vgg16_files("measure_sparsity"),
    output:
        table_files("table2"),
    log:
        f"{R}/logs/write_table2.log",
    benchmark:
        f"{R}/benchmarks/write_table2.tsv"
    script:
        "../scripts/write_table2.py"


rule write_table3:
    input:
        code=code("write_table3"),
        paper=PAPER,
        coherence=vgg16_files("measure_coherence"),
    output:
        table_files("table3"),
    log:
        f"{R}/logs/write_table3.log",
    benchmark:
        f"{R}/benchmarks/write_table3.tsv"
    script:
        "../scripts/write_table3.py"


rule write_table4:
    input:
        code=code("write_table4"),
        paper=PAPER,
        activation_space=activation_space_files,
        image_space=image_space_files,
    output:
        table_files("table4"),
    log:
        f"{R}/logs/write_table4.log",
    benchmark:
        f"{R}/benchmarks/write_table4.tsv"
    params:
        weights=MAIN,
    script:
        "../scripts/write_table4.py"


rule write_alexnet:
    input:
        code=code("write_alexnet"),
        sparsity=f"{R}/stats/measure_sparsity/alexnet-torchvision.csv",
        coherence=f"{R}/stats/measure_coherence/alexnet-torchvision.csv",
    output:
        table_files("alexnet"),
    log:
        f"{R}/logs/write_alexnet.log",
    benchmark:
        f"{R}/benchmarks/write_alexnet.tsv"
    script:
        "../scripts/write_alexnet.py"


rule plot_figure2:
    input:
        code=code("plot_figure2"),
        trials=f"{R}/stats/simulate_theory.csv",
        bound=f"{R}/stats/simulate_theory-bound.csv",
    output:
        figure_files("figure2"),
    log:
        f"{R}/logs/plot_figure2.log",
    benchmark:
        f"{R}/benchmarks/plot_figure2.tsv"
    script:
        "../scripts/plot_figure2.py"


rule plot_figure3:
    input:
        code=code("plot_figure3"),
        ratios=ratio_files,
    output:
        figure_files("figure3"),
    log:
        f"{R}/logs/plot_figure3.log",
    benchmark:
        f"{R}/benchmarks/plot_figure3.tsv"
    params:
        layer=config["rip"]["layer"],
        lambda_fraction=config["rip"]["lambda"],
    script:
        "../scripts/plot_figure3.py"


rule plot_figure4:
    input:
        code=code("plot_figure4"),
        photographs=f"{R}/images/photographs.h5",
        pictures=f"{R}/pictures/pool{config['figure4']['layer']}.h5",
        errors=f"{R}/stats/decode_pictures/pool{config['figure4']['layer']}.csv",
    output:
        figure_files("figure4"),
    log:
        f"{R}/logs/plot_figure4.log",
    benchmark:
        f"{R}/benchmarks/plot_figure4.tsv"
    params:
        rows=config["figure4"]["rows"],
        seed=config["seed"],
        layer=config["figure4"]["layer"],
    script:
        "../scripts/plot_figure4.py"


rule write_fidelity:
    input:
        code=code("write_fidelity"),
        paper=PAPER,
        classifiers=classifier_files,
        sparsity=vgg16_files("measure_sparsity"),
        coherence=vgg16_files("measure_coherence"),
        activation_space=activation_space_files,
        image_space=image_space_files,
    output:
        fidelity=in_report(f"{R}/tables/fidelity.csv", "fidelity"),
        readings=in_report(f"{R}/tables/fidelity_readings.csv", "fidelity"),
    log:
        f"{R}/logs/write_fidelity.log",
    benchmark:
        f"{R}/benchmarks/write_fidelity.tsv"
    params:
        weights=MAIN,
    script:
        "../scripts/write_fidelity.py"


rule check_claims:
    input:
        code=code("check_claims"),
        trials=f"{R}/stats/simulate_theory.csv",
        bound=f"{R}/stats/simulate_theory-bound.csv",
        ratios=ratio_files,
        activation_space=activation_space_files,
        image_space=image_space_files,
    output:
        claims=in_report(f"{R}/tables/claims.csv", "fidelity"),
    log:
        f"{R}/logs/check_claims.log",
    benchmark:
        f"{R}/benchmarks/check_claims.tsv"
    params:
        weights=MAIN,
    script:
        "../scripts/check_claims.py"


rule plot_fidelity:
    input:
        code=code("plot_fidelity"),
        paper=PAPER,
        fidelity=f"{R}/tables/fidelity.csv",
        readings=f"{R}/tables/fidelity_readings.csv",
    output:
        figure_files("fidelity"),
    log:
        f"{R}/logs/plot_fidelity.log",
    benchmark:
        f"{R}/benchmarks/plot_fidelity.tsv"
    script:
        "../scripts/plot_fidelity.py"


def paths(folder, name, suffixes):
    return [f"{R}/{folder}/{name}.{suffix}" for suffix in suffixes]


# What each target makes. What the configured weights cannot reach is left out, and said so.
TARGETS = {
    "table1": paths("tables", "table1", TABLE),
    "table2": paths("tables", "table2", TABLE),
    "table3": paths("tables", "table3", TABLE),
    "table4": paths("tables", "table4", TABLE) if PLAN.macro_layers[MAIN] else [],
    "alexnet": paths("tables", "alexnet", TABLE),
    "figure2": paths("figures", "figure2", FIGURE),
    "figure3": paths("figures", "figure3", FIGURE) if PLAN.rip else [],
    "figure4": paths("figures", "figure4", FIGURE) if PLAN.figure4 else [],
    "fidelity": [
        f"{R}/tables/fidelity.csv",
        f"{R}/tables/claims.csv",
        *paths("figures", "fidelity", FIGURE),
    ],
}

for target, files in TARGETS.items():

    rule:
        name:
            target
        input:
            files,
        localrule: True


def greet():
    """Say what will run and what is left out."""
    where = "GPU" if gpus() else "CPU"
    logger.info(f"cnninvert: preset {config['preset']}, {where}, results in {R}/")
    for sentence in PLAN.left_out:
        logger.info(f"cnninvert: {sentence}")


def close():
    """Say where the time went, where the results are, and what to look at first."""
    from cnninvert.timings import time_table

    logger.info(time_table(R))
    logger.info(
        f"cnninvert: tables in {R}/tables, figures in {R}/figures. Look first at "
        f"{R}/figures/figure4.png and {R}/figures/fidelity.png, then {R}/tables/fidelity.csv."
    )
