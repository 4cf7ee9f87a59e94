"""Figure 2: the theory on one-dimensional Gaussian filters."""


rule simulate_theory:
    input:
        code=code("figure2/simulate_theory"),
    output:
        trials="<stats>/simulate_theory.csv",
        bound="<stats>/simulate_theory-bound.csv",
    log:
        "<logs>/simulate_theory.log",
    benchmark:
        "<benchmarks>/simulate_theory.tsv"
    params:
        settings=config["figure2"],
        seed=SEED,
    script:
        "../scripts/figure2/simulate_theory.py"


rule plot_figure2:
    input:
        code=code("figure2/plot_figure2"),
        trials=rules.simulate_theory.output.trials,
        bound=rules.simulate_theory.output.bound,
    output:
        figures=figure_files("figure2"),
    log:
        "<logs>/plot_figure2.log",
    benchmark:
        "<benchmarks>/plot_figure2.tsv"
    script:
        "../scripts/figure2/plot_figure2.py"


TARGETS["figure2"] = rules.plot_figure2.output
