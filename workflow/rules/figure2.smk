"""Figure 2, the theory on one-dimensional Gaussian filters; Theorem 3.1's constant."""


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


rule simulate_theorem31:
    input:
        code=code("figure2/simulate_theorem31"),
    output:
        distortions="<stats>/simulate_theorem31.csv",
    log:
        "<logs>/simulate_theorem31.log",
    benchmark:
        "<benchmarks>/simulate_theorem31.tsv"
    threads: several_threads
    params:
        banks=config["theorem31"]["banks"],
        seed=SEED,
    script:
        "../scripts/figure2/simulate_theorem31.py"


rule write_theorem31:
    input:
        code=code("figure2/write_theorem31"),
        distortions=rules.simulate_theorem31.output.distortions,
    output:
        tables=table_files("theorem31"),
    log:
        "<logs>/write_theorem31.log",
    benchmark:
        "<benchmarks>/write_theorem31.tsv"
    script:
        "../scripts/figure2/write_theorem31.py"


rule plot_theorem31:
    input:
        code=code("figure2/plot_theorem31"),
        distortions=rules.simulate_theorem31.output.distortions,
    output:
        figures=figure_files("theorem31"),
    log:
        "<logs>/plot_theorem31.log",
    benchmark:
        "<benchmarks>/plot_theorem31.tsv"
    script:
        "../scripts/figure2/plot_theorem31.py"


TARGETS["figure2"] = rules.plot_figure2.output
EXTRA["theorem31"] = [rules.write_theorem31.output, rules.plot_theorem31.output]
