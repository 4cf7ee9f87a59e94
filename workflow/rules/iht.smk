"""Algorithm 1 beyond its first step: IHT on random codes and on real activations."""


rule simulate_iht:
    input:
        code=code("simulate_iht"),
    output:
        ends=f"{R}/stats/simulate_iht.csv",
        curves=f"{R}/stats/simulate_iht-steps.csv",
    log:
        f"{R}/logs/simulate_iht.log",
    benchmark:
        f"{R}/benchmarks/simulate_iht.tsv"
    threads: several_threads
    resources:
        mem_mb=memory,
        runtime=wall_time,
        gpu=gpus,
        gres=gres,
    params:
        settings=config["iht_codes"],
        seed=config["seed"],
        state=f"{R}/state/simulate_iht",
    script:
        "../scripts/simulate_iht.py"


rule measure_iht:
    input:
        code=code("measure_iht"),
        weights=weights_path(MAIN),
        activations=f"{R}/activations/{MAIN}.h5",
    output:
        errors=f"{R}/stats/measure_iht/{{layer}}.csv",
    log:
        f"{R}/logs/measure_iht/{{layer}}.log",
    benchmark:
        f"{R}/benchmarks/measure_iht/{{layer}}.tsv"
    threads: several_threads
    resources:
        mem_mb=memory,
        runtime=wall_time,
        gpu=gpus,
        gres=gres,
    params:
        settings=config["iht_activations"],
        seed=config["seed"],
        state=f"{R}/state/measure_iht/{{layer}}",
    script:
        "../scripts/measure_iht.py"


rule write_iht_codes:
    input:
        code=code("write_iht_codes"),
        ends=f"{R}/stats/simulate_iht.csv",
    output:
        table_files("iht_codes"),
    log:
        f"{R}/logs/write_iht_codes.log",
    benchmark:
        f"{R}/benchmarks/write_iht_codes.tsv"
    script:
        "../scripts/write_iht_codes.py"


rule write_iht_activations:
    input:
        code=code("write_iht_activations"),
        errors=iht_files,
    output:
        table_files("iht_activations"),
    log:
        f"{R}/logs/write_iht_activations.log",
    benchmark:
        f"{R}/benchmarks/write_iht_activations.tsv"
    params:
        steps=config["iht_activations"]["steps"],
    script:
        "../scripts/write_iht_activations.py"


rule plot_iht_codes:
    input:
        code=code("plot_iht_codes"),
        ends=f"{R}/stats/simulate_iht.csv",
        curves=f"{R}/stats/simulate_iht-steps.csv",
    output:
        figure_files("iht_codes"),
    log:
        f"{R}/logs/plot_iht_codes.log",
    benchmark:
        f"{R}/benchmarks/plot_iht_codes.tsv"
    params:
        settings=config["iht_codes"],
    script:
        "../scripts/plot_iht_codes.py"


rule plot_iht_activations:
    input:
        code=code("plot_iht_activations"),
        errors=iht_files,
    output:
        figure_files("iht_activations"),
    log:
        f"{R}/logs/plot_iht_activations.log",
    benchmark:
        f"{R}/benchmarks/plot_iht_activations.tsv"
    script:
        "../scripts/plot_iht_activations.py"
