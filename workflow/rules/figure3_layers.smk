"""Figure 3 for every convolution layer of VGG-16 and AlexNet, and against lambda: on demand."""

# The wildcards of one layer's job.
LAYER = "{architecture}-{weights}-{layer}-{filters}"


rule recover_layer_codes:
    input:
        code=code("recover_layer_codes"),
        photographs=f"{R}/images/photographs.h5",
        weights=network_weights,
    output:
        ratios=f"{R}/stats/recover_layer_codes/{LAYER}-ratios.csv",
        signs=f"{R}/stats/recover_layer_codes/{LAYER}-signs.csv",
    log:
        f"{R}/logs/recover_layer_codes/{LAYER}.log",
    benchmark:
        f"{R}/benchmarks/recover_layer_codes/{LAYER}.tsv"
    threads: several_threads
    resources:
        mem_mb=memory,
        runtime=wall_time,
        gpu=gpus,
        gres=gres,
    params:
        settings={
            **{key: config["rip"][key] for key in ("lambda", "gap", "iterations")},
            **{
                key: config["figure3_layers"][key]
                for key in ("images", "side", "signs")
            },
        },
        lambdas=layer_lambdas,
        seed=config["seed"],
        state=f"{R}/state/recover_layer_codes/{LAYER}",
    script:
        "../scripts/recover_layer_codes.py"


rule write_figure3_layers:
    input:
        code=code("write_figure3_layers"),
        ratios=layer_ratios(PLAN.figure3_layers, "ratios"),
    output:
        table_files("figure3_layers"),
    log:
        f"{R}/logs/write_figure3_layers.log",
    benchmark:
        f"{R}/benchmarks/write_figure3_layers.tsv"
    script:
        "../scripts/write_figure3_layers.py"


rule plot_figure3_layers:
    input:
        code=code("plot_figure3_layers"),
        ratios=layer_ratios(PLAN.figure3_layers, "ratios"),
        signs=layer_ratios(PLAN.figure3_layers, "signs"),
    output:
        figure_files("figure3_layers"),
    log:
        f"{R}/logs/plot_figure3_layers.log",
    benchmark:
        f"{R}/benchmarks/plot_figure3_layers.tsv"
    params:
        lambda_fraction=config["rip"]["lambda"],
    script:
        "../scripts/plot_figure3_layers.py"


rule plot_figure3_lambda:
    input:
        code=code("plot_figure3_lambda"),
        ratios=layer_ratios(PLAN.lambda_layers, "ratios"),
    output:
        figure_files("figure3_lambda"),
    log:
        f"{R}/logs/plot_figure3_lambda.log",
    benchmark:
        f"{R}/benchmarks/plot_figure3_lambda.tsv"
    script:
        "../scripts/plot_figure3_lambda.py"
