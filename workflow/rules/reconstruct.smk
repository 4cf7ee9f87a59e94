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
    threads: several_threads
    resources:
        mem_mb=memory,
        runtime=wall_time,
        gpu=gpus,
        gres=gres,
    params:
        images=config["reconstruct"]["images"],
        filter_seeds=config["reconstruct"]["filter_seeds"],
        seed=config["seed"],
        state=f"{R}/state/measure_activation_space/{{weights}}-{{layer}}",
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
    threads: several_threads
    resources:
        mem_mb=memory,
        runtime=wall_time,
        gpu=gpus,
        gres=gres,
    params:
        filter_seeds=config["reconstruct"]["filter_seeds"],
        seed=config["seed"],
    script:
        "../scripts/reconstruct_activations.py"


rule reconstruct_iht:
    input:
        code=code("reconstruct_iht"),
        weights=vgg16_weights,
        activations=f"{R}/activations/{{weights}}.h5",
    output:
        reconstructions=f"{R}/reconstructions/{{weights}}-{{layer}}-iht.h5",
        errors=f"{R}/stats/reconstruct_iht/{{weights}}-{{layer}}.csv",
    log:
        f"{R}/logs/reconstruct_iht/{{weights}}-{{layer}}.log",
    benchmark:
        f"{R}/benchmarks/reconstruct_iht/{{weights}}-{{layer}}.tsv"
    threads: several_threads
    resources:
        mem_mb=memory,
        runtime=wall_time,
        gpu=gpus,
        gres=gres,
    params:
        images=config["reconstruct"]["iht_images"],
        steps=config["reconstruct"]["iht_steps"],
        seed=config["seed"],
        state=f"{R}/state/reconstruct_iht/{{weights}}-{{layer}}",
    script:
        "../scripts/reconstruct_iht.py"


rule reconstruct_codes:
    input:
        code=code("reconstruct_codes"),
        weights=vgg16_weights,
        activations=f"{R}/activations/{{weights}}.h5",
    output:
        reconstructions=f"{R}/reconstructions/{{weights}}-{{layer}}-codes.h5",
        errors=f"{R}/stats/reconstruct_codes/{{weights}}-{{layer}}.csv",
    log:
        f"{R}/logs/reconstruct_codes/{{weights}}-{{layer}}.log",
    benchmark:
        f"{R}/benchmarks/reconstruct_codes/{{weights}}-{{layer}}.tsv"
    threads: several_threads
    resources:
        mem_mb=memory,
        runtime=wall_time,
        gpu=gpus,
        gres=gres,
    params:
        images=config["reconstruct"]["codes_images"],
        gap=config["reconstruct"]["codes_gap"],
        lambda_fraction=config["rip"]["lambda"],
        iterations=config["rip"]["iterations"],
        seed=config["seed"],
        state=f"{R}/state/reconstruct_codes/{{weights}}-{{layer}}",
    script:
        "../scripts/reconstruct_codes.py"


rule decode_pictures:
    input:
        code=code("decode_pictures"),
        photographs=f"{R}/images/photographs.h5",
        activations=f"{R}/activations/{MAIN}.h5",
        reconstructions=f"{R}/reconstructions/{MAIN}-{{layer}}.h5",
        iht=f"{R}/reconstructions/{MAIN}-{{layer}}-iht.h5",
        codes=f"{R}/reconstructions/{MAIN}-{{layer}}-codes.h5",
        networks=LPIPS_NETWORKS,
        heads=LPIPS_HEADS,
        decoder=f"{R}/models/decoder-vgg16-{MAIN}-{{layer}}-{{switches}}.safetensors",
    output:
        pictures=f"{R}/pictures/{{layer}}-{{switches}}.h5",
        errors=f"{R}/stats/decode_pictures/{{layer}}-{{switches}}.csv",
        metrics=f"{R}/stats/decode_pictures/{{layer}}-{{switches}}-metrics.csv",
    log:
        f"{R}/logs/decode_pictures/{{layer}}-{{switches}}.log",
    benchmark:
        f"{R}/benchmarks/decode_pictures/{{layer}}-{{switches}}.tsv"
    threads: several_threads
    resources:
        mem_mb=memory,
        runtime=wall_time,
        gpu=gpus,
        gres=gres,
    params:
        seed=config["seed"],
    script:
        "../scripts/decode_pictures.py"


rule score_baselines:
    input:
        code=code("score_baselines"),
        photographs=f"{R}/images/photographs.h5",
        networks=LPIPS_NETWORKS,
        heads=LPIPS_HEADS,
    output:
        scores=f"{R}/stats/score_baselines.csv",
    log:
        f"{R}/logs/score_baselines.log",
    benchmark:
        f"{R}/benchmarks/score_baselines.tsv"
    threads: several_threads
    resources:
        mem_mb=memory,
        runtime=wall_time,
        gpu=gpus,
        gres=gres,
    script:
        "../scripts/score_baselines.py"
