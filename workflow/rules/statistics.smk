"""Statistics of filters, codes and activations: Figure 2, Table 2, Table 3."""


rule simulate_theory:
    input:
        code=code("simulate_theory"),
    output:
        trials=f"{R}/stats/simulate_theory.csv",
        bound=f"{R}/stats/simulate_theory-bound.csv",
    log:
        f"{R}/logs/simulate_theory.log",
    benchmark:
        f"{R}/benchmarks/simulate_theory.tsv"
    resources:
        mem_mb=memory,
        runtime=wall_time,
    params:
        theory=config["theory"],
        seed=config["seed"],
    script:
        "../scripts/simulate_theory.py"


rule measure_sparsity:
    input:
        code=code("measure_sparsity"),
        photographs=f"{R}/images/photographs.h5",
        weights=network_weights,
    output:
        sparsity=f"{R}/stats/measure_sparsity/{{architecture}}-{{weights}}.csv",
    log:
        f"{R}/logs/measure_sparsity/{{architecture}}-{{weights}}.log",
    benchmark:
        f"{R}/benchmarks/measure_sparsity/{{architecture}}-{{weights}}.tsv"
    threads: several_threads
    resources:
        mem_mb=memory,
        runtime=wall_time,
        gpu=gpus,
        gres=gres,
    params:
        images=config["sparsity"]["images"],
        batch=config["sparsity"]["batch"],
    script:
        "../scripts/measure_sparsity.py"


rule measure_coherence:
    input:
        code=code("measure_coherence"),
        weights=network_weights,
    output:
        coherence=f"{R}/stats/measure_coherence/{{architecture}}-{{weights}}.csv",
    log:
        f"{R}/logs/measure_coherence/{{architecture}}-{{weights}}.log",
    benchmark:
        f"{R}/benchmarks/measure_coherence/{{architecture}}-{{weights}}.tsv"
    threads: several_threads
    resources:
        mem_mb=memory,
        runtime=wall_time,
        gpu=gpus,
        gres=gres,
    params:
        seeds=config["coherence"]["seeds"],
        seed=config["seed"],
    script:
        "../scripts/measure_coherence.py"


rule extract_activations:
    input:
        code=code("extract_activations"),
        photographs=f"{R}/images/photographs.h5",
        weights=vgg16_weights,
    output:
        activations=f"{R}/activations/{{weights}}.h5",
    log:
        f"{R}/logs/extract_activations/{{weights}}.log",
    benchmark:
        f"{R}/benchmarks/extract_activations/{{weights}}.tsv"
    threads: several_threads
    resources:
        mem_mb=memory,
        runtime=wall_time,
        gpu=gpus,
        gres=gres,
    params:
        layers=lambda wildcards: PLAN.activations(config, wildcards.weights),
    script:
        "../scripts/extract_activations.py"
