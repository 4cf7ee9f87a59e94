"""IHT reconstructions of activations, and the pictures decoded from them: Table 4, Figure 4."""


rule measure_activation_space:
    input:
        code=code("measure_activation_space"),
        weights=vgg16_weights,
        activations=f"{R}/activations/{{weights}}.h5",
        sparsity=f"{R}/stats/measure_sparsity/vgg16-{{weights}}.csv",
    output:
        errors=f"{R}/stats/measure_activation_space/{{weights}}-{{layer}}.csv",
        by_image=f"{R}/stats/measure_activation_space/{{weights}}-{{layer}}-images.csv",
    log:
        f"{R}/logs/measure_activation_space/{{weights}}-{{layer}}.log",
    benchmark:
        f"{R}/benchmarks/measure_activation_space/{{weights}}-{{layer}}.tsv"
    threads: several_threads()
    resources:
        mem_mb=2500,
        runtime=240,
        gpu=gpus(),
    params:
        images=config["reconstruct"]["images"],
        filter_seeds=config["reconstruct"]["filter_seeds"],
        seed=config["seed"],
    script:
        "../scripts/measure_activation_space.py"


rule reconstruct_activations:
    input:
        code=code("reconstruct_activations"),
        weights=vgg16_weights,
        activations=f"{R}/activations/{{weights}}.h5",
    output:
        reconstructions=f"{R}/reconstructions/{{weights}}-{{layer}}.h5",
    log:
        f"{R}/logs/reconstruct_activations/{{weights}}-{{layer}}.log",
    benchmark:
        f"{R}/benchmarks/reconstruct_activations/{{weights}}-{{layer}}.tsv"
    threads: several_threads()
    resources:
        mem_mb=2500,
        runtime=120,
        gpu=gpus(),
    params:
        filter_seeds=config["reconstruct"]["filter_seeds"],
        seed=config["seed"],
    script:
        "../scripts/reconstruct_activations.py"


rule decode_pictures:
    input:
        code=code("decode_pictures"),
        photographs=f"{R}/images/photographs.h5",
        activations=f"{R}/activations/{MAIN}.h5",
        reconstructions=f"{R}/reconstructions/{MAIN}-{{layer}}.h5",
        decoder=f"{R}/models/decoder-vgg16-{MAIN}-{{layer}}-{{switches}}.safetensors",
    output:
        pictures=f"{R}/pictures/{{layer}}-{{switches}}.h5",
        errors=f"{R}/stats/decode_pictures/{{layer}}-{{switches}}.csv",
    log:
        f"{R}/logs/decode_pictures/{{layer}}-{{switches}}.log",
    benchmark:
        f"{R}/benchmarks/decode_pictures/{{layer}}-{{switches}}.tsv"
    threads: several_threads()
    resources:
        mem_mb=2500,
        runtime=120,
        gpu=gpus(),
    script:
        "../scripts/decode_pictures.py"
