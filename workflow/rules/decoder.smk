"""The decoders: networks, trained here, that turn the activations of pool(i) into pictures."""


rule train_decoder:
    input:
        code=code("train_decoder"),
        photographs=f"{R}/images/photographs.h5",
        weights=network_weights,
    output:
        decoder=f"{R}/models/decoder-{DECODER}.safetensors",
        curve=f"{R}/stats/train_decoder/{DECODER}.csv",
    log:
        f"{R}/logs/train_decoder/{DECODER}.log",
    benchmark:
        f"{R}/benchmarks/train_decoder/{DECODER}.tsv"
    wildcard_constraints:
        layer="pool[1-5]",
    priority: 50  # the longest work of all: it starts first
    threads: several_threads
    resources:
        mem_mb=memory,
        runtime=wall_time,
        gpu=gpus,
        gres=gres,
    params:
        steps=decoder_steps,
        crop=config["decoder"]["crop"],
        batch=config["decoder"]["batch"],
        learning_rate=config["decoder"]["learning_rate"],
        pool_loss=config["decoder"]["pool_loss"],
        seed=config["seed"],
        # A checkpoint that Snakemake does not own: it deletes the outputs of a job it restarts.
        state=f"{R}/state/train_decoder/{DECODER}",
    script:
        "../scripts/train_decoder.py"


rule evaluate_decoder:
    input:
        code=code("evaluate_decoder"),
        photographs=f"{R}/images/photographs.h5",
        weights=network_weights,
        networks=LPIPS_NETWORKS,
        heads=LPIPS_HEADS,
        decoder=f"{R}/models/decoder-{DECODER}.safetensors",
    output:
        scores=f"{R}/stats/evaluate_decoder/{DECODER}.csv",
    log:
        f"{R}/logs/evaluate_decoder/{DECODER}.log",
    benchmark:
        f"{R}/benchmarks/evaluate_decoder/{DECODER}.tsv"
    threads: several_threads
    resources:
        mem_mb=memory,
        runtime=wall_time,
        gpu=gpus,
        gres=gres,
    script:
        "../scripts/evaluate_decoder.py"


rule write_decoders:
    input:
        code=code("write_decoders"),
        scores=decoder_files("evaluate_decoder", PLAN.decoders),
        baselines=f"{R}/stats/score_baselines.csv",
    output:
        table_files("decoders"),
    log:
        f"{R}/logs/write_decoders.log",
    benchmark:
        f"{R}/benchmarks/write_decoders.tsv"
    params:
        steps=config["decoder"]["steps"],
    script:
        "../scripts/write_decoders.py"


rule plot_decoder_curves:
    input:
        code=code("plot_decoder_curves"),
        curves=decoder_files("train_decoder", TABLE4_DECODERS),
    output:
        figure_files("decoder_curves"),
    log:
        f"{R}/logs/plot_decoder_curves.log",
    benchmark:
        f"{R}/benchmarks/plot_decoder_curves.tsv"
    script:
        "../scripts/plot_decoder_curves.py"
