"""Sparse codes, drawn at random or recovered by Algorithm 2: Figure 3."""


rule sample_codes:
    input:
        code=code("sample_codes"),
        weights=vgg16_weights,
        sparsity=f"{R}/stats/measure_sparsity/vgg16-{{weights}}.csv",
    output:
        ratios=f"{R}/stats/sample_codes/{{weights}}-{{filters}}.csv",
    log:
        f"{R}/logs/sample_codes/{{weights}}-{{filters}}.log",
    benchmark:
        f"{R}/benchmarks/sample_codes/{{weights}}-{{filters}}.tsv"
    threads: several_threads
    resources:
        mem_mb=memory,
        runtime=wall_time,
        gpu=gpus,
        gres=gres,
    params:
        layer=config["rip"]["layer"],
        codes=config["rip"]["random_codes"],
        seed=config["seed"],
    script:
        "../scripts/sample_codes.py"


rule recover_codes:
    input:
        code=code("recover_codes"),
        weights=vgg16_weights,
        activations=f"{R}/activations/{{weights}}.h5",
    output:
        codes=f"{R}/codes/{{weights}}-{{filters}}-{{kind}}.h5",
        ratios=f"{R}/stats/recover_codes/{{weights}}-{{filters}}-{{kind}}.csv",
    log:
        f"{R}/logs/recover_codes/{{weights}}-{{filters}}-{{kind}}.log",
    benchmark:
        f"{R}/benchmarks/recover_codes/{{weights}}-{{filters}}-{{kind}}.tsv"
    wildcard_constraints:
        kind="linear|output",
    priority: 20
    threads: several_threads
    resources:
        mem_mb=memory,
        runtime=wall_time,
        gpu=gpus,
        gres=gres,
    params:
        settings={
            key: config["rip"][key]
            for key in ("layer", "images", "lambda", "gap", "iterations", "batch")
        },
        seed=config["seed"],
        state=f"{R}/state/recover_codes/{{weights}}-{{filters}}-{{kind}}",
    script:
        "../scripts/recover_codes.py"
