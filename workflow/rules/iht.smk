"""Algorithm 1 beyond its first step: IHT on random codes and on real activations."""


rule simulate_iht:
    input:
        code=code("iht/simulate_iht"),
    output:
        ends="<stats>/simulate_iht.csv",
        curves="<stats>/simulate_iht-steps.csv",
    log:
        "<logs>/simulate_iht.log",
    benchmark:
        "<benchmarks>/simulate_iht.tsv"
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        settings=config["iht_codes"],
        seed=SEED,
    script:
        "../scripts/iht/simulate_iht.py"


rule measure_iht:
    input:
        code=code("iht/measure_iht"),
        weights=weights_path(MAIN),
        activations=ACTIVATIONS.replace("{weights}", MAIN),
    output:
        errors="<stats>/measure_iht/{layer}.csv",
    log:
        "<logs>/measure_iht/{layer}.log",
    benchmark:
        "<benchmarks>/measure_iht/{layer}.tsv"
    wildcard_constraints:
        layer=PLANNED,
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        # Of the steps that the table shows only the last changes what is measured.
        settings=config["iht_activations"]
        | {"steps": max(config["iht_activations"]["steps"])},
        seed=SEED,
    script:
        "../scripts/iht/measure_iht.py"


IHT_ERRORS = expand(rules.measure_iht.output.errors, layer=MACRO_LAYERS)


rule write_iht_codes:
    input:
        code=code("iht/write_iht_codes"),
        ends=rules.simulate_iht.output.ends,
    output:
        tables=table_files("iht_codes"),
    log:
        "<logs>/write_iht_codes.log",
    benchmark:
        "<benchmarks>/write_iht_codes.tsv"
    script:
        "../scripts/iht/write_iht_codes.py"


rule write_iht_activations:
    input:
        code=code("iht/write_iht_activations"),
        errors=IHT_ERRORS,
    output:
        tables=table_files("iht_activations"),
    log:
        "<logs>/write_iht_activations.log",
    benchmark:
        "<benchmarks>/write_iht_activations.tsv"
    params:
        steps=config["iht_activations"]["steps"],
    script:
        "../scripts/iht/write_iht_activations.py"


rule plot_iht_codes:
    input:
        code=code("iht/plot_iht_codes"),
        ends=rules.simulate_iht.output.ends,
        curves=rules.simulate_iht.output.curves,
    output:
        figures=figure_files("iht_codes"),
    log:
        "<logs>/plot_iht_codes.log",
    benchmark:
        "<benchmarks>/plot_iht_codes.tsv"
    params:
        settings=config["iht_codes"],
    script:
        "../scripts/iht/plot_iht_codes.py"


rule plot_iht_activations:
    input:
        code=code("iht/plot_iht_activations"),
        errors=IHT_ERRORS,
    output:
        figures=figure_files("iht_activations"),
    log:
        "<logs>/plot_iht_activations.log",
    benchmark:
        "<benchmarks>/plot_iht_activations.tsv"
    script:
        "../scripts/iht/plot_iht_activations.py"


TARGETS["iht_codes"] = [rules.write_iht_codes.output, rules.plot_iht_codes.output]
TARGETS["iht_activations"] = [
    rules.write_iht_activations.output,
    rules.plot_iht_activations.output,
] * REACHED
