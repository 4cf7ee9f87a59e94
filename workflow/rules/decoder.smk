"""The decoders: networks, trained here, that turn the activations of pool(i) into pictures."""


rule train_decoder:
    input:
        code=code("train_decoder"),
        photographs=f"{R}/images/photographs.h5",
        weights=weights_path(MAIN),
    output:
        decoder=f"{R}/models/decoder-{{layer}}.safetensors",
        curve=f"{R}/stats/train_decoder/{{layer}}.csv",
    log:
        f"{R}/logs/train_decoder/{{layer}}.log",
    benchmark:
        f"{R}/benchmarks/train_decoder/{{layer}}.tsv"
    wildcard_constraints:
        layer="pool[1-4]",
    priority: 50  # the longest work of all: it starts first
    threads: several_threads()
    resources:
        mem_mb=4000,
        runtime=720,
        gpu=gpus(),
    params:
        steps=lambda wildcards: config["decoder"]["steps"][wildcards.layer],
        switches=config["decoder"]["switches"],
        crop=config["decoder"]["crop"],
        batch=config["decoder"]["batch"],
        learning_rate=config["decoder"]["learning_rate"],
        seed=config["seed"],
        # A checkpoint that Snakemake does not own: it deletes the outputs of a job it restarts.
        state=f"{R}/state/train_decoder/{{layer}}",
    script:
        "../scripts/train_decoder.py"
