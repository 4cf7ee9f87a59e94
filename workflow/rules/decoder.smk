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
    threads: several_threads()
    resources:
        mem_mb=4000,
        runtime=720,
        gpu=gpus(),
    params:
        steps=lambda wildcards: config["decoder"]["steps"][wildcards.layer],
        crop=config["decoder"]["crop"],
        batch=config["decoder"]["batch"],
        learning_rate=config["decoder"]["learning_rate"],
        seed=config["seed"],
        # A checkpoint that Snakemake does not own: it deletes the outputs of a job it restarts.
        state=f"{R}/state/train_decoder/{DECODER}",
    script:
        "../scripts/train_decoder.py"
