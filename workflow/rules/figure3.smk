"""Figure 3: model-RIP of codes that are drawn at random or recovered by Algorithm 2."""

BANKS = ["learned", "gaussian"]


rule sample_codes:
    input:
        code=code("figure3/sample_codes"),
        weights=network_weights,
        sparsity="<stats>/measure_sparsity/vgg16-{weights}.csv",
    output:
        ratios="<stats>/sample_codes/{weights}-{filters}.csv",
    log:
        "<logs>/sample_codes/{weights}-{filters}.log",
    benchmark:
        "<benchmarks>/sample_codes/{weights}-{filters}.tsv"
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        layer=config["figure3"]["layer"],
        codes=config["figure3"]["random_codes"],
        seed=SEED,
    script:
        "../scripts/figure3/sample_codes.py"


rule recover_codes:
    input:
        code=code("figure3/recover_codes"),
        weights=network_weights,
        activations=ACTIVATIONS,
    output:
        codes="<results>/codes/{weights}-{filters}-{kind}.h5",
        ratios="<stats>/recover_codes/{weights}-{filters}-{kind}.csv",
    log:
        "<logs>/recover_codes/{weights}-{filters}-{kind}.log",
    benchmark:
        "<benchmarks>/recover_codes/{weights}-{filters}-{kind}.tsv"
    wildcard_constraints:
        kind="linear|output",
    priority: 20
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        settings=settings(
            "figure3", "layer", "images", "lambda", "gap", "iterations", "batch"
        ),
        seed=SEED,
    script:
        "../scripts/figure3/recover_codes.py"


# Figure 3's ratios, where the weights reach its layer.
RATIOS = [
    *expand(
        rules.recover_codes.output.ratios,
        weights=MAIN,
        filters=BANKS,
        kind=["linear", "output"],
    ),
    *expand(rules.sample_codes.output.ratios, weights=MAIN, filters=BANKS),
] * PLAN.figure3


rule plot_figure3:
    input:
        code=code("figure3/plot_figure3"),
        ratios=RATIOS,
    output:
        figures=figure_files("figure3"),
    log:
        "<logs>/plot_figure3.log",
    benchmark:
        "<benchmarks>/plot_figure3.tsv"
    params:
        layer=config["figure3"]["layer"],
        lambda_fraction=config["figure3"]["lambda"],
    script:
        "../scripts/figure3/plot_figure3.py"


TARGETS["figure3"] = rules.plot_figure3.output if PLAN.figure3 else []

# Every convolution of VGG-16 and AlexNet, and lambda varied: on demand.
LAYER = "{architecture}-{weights}-{layer}-{filters}"


rule recover_layer_codes:
    input:
        code=code("figure3/recover_layer_codes"),
        photographs=PHOTOGRAPHS,
        weights=network_weights,
    output:
        ratios=f"<stats>/recover_layer_codes/{LAYER}-ratios.csv",
        signs=f"<stats>/recover_layer_codes/{LAYER}-signs.csv",
    log:
        f"<logs>/recover_layer_codes/{LAYER}.log",
    benchmark:
        f"<benchmarks>/recover_layer_codes/{LAYER}.tsv"
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        settings=settings("figure3", "lambda", "gap", "iterations")
        | settings("figure3_layers", "images", "side", "signs"),
        lambdas=layer_lambdas,
        seed=SEED,
    script:
        "../scripts/figure3/recover_layer_codes.py"


rule write_figure3_layers:
    input:
        code=code("figure3/write_figure3_layers"),
        ratios=each_layer(rules.recover_layer_codes.output.ratios, PLAN.figure3_layers),
    output:
        tables=table_files("figure3_layers"),
    log:
        "<logs>/write_figure3_layers.log",
    benchmark:
        "<benchmarks>/write_figure3_layers.tsv"
    script:
        "../scripts/figure3/write_figure3_layers.py"


rule plot_figure3_layers:
    input:
        code=code("figure3/plot_figure3_layers"),
        ratios=each_layer(rules.recover_layer_codes.output.ratios, PLAN.figure3_layers),
        signs=each_layer(rules.recover_layer_codes.output.signs, PLAN.figure3_layers),
    output:
        figures=figure_files("figure3_layers"),
    log:
        "<logs>/plot_figure3_layers.log",
    benchmark:
        "<benchmarks>/plot_figure3_layers.tsv"
    params:
        lambda_fraction=config["figure3"]["lambda"],
    script:
        "../scripts/figure3/plot_figure3_layers.py"


rule plot_figure3_lambda:
    input:
        code=code("figure3/plot_figure3_lambda"),
        ratios=each_layer(rules.recover_layer_codes.output.ratios, PLAN.lambda_layers),
    output:
        figures=figure_files("figure3_lambda"),
    log:
        "<logs>/plot_figure3_lambda.log",
    benchmark:
        "<benchmarks>/plot_figure3_lambda.tsv"
    script:
        "../scripts/figure3/plot_figure3_lambda.py"


EXTRA["figure3_layers"] = [
    rules.write_figure3_layers.output if PLAN.figure3_layers else [],
    rules.plot_figure3_layers.output if PLAN.figure3_layers else [],
    rules.plot_figure3_lambda.output if PLAN.lambda_layers else [],
]
