"""Figures, as PDF and PNG."""


rule plot_table1_channels:
    input:
        code=code("plot_table1_channels"),
        paper=PAPER,
        searches=SEARCHED,
        classifiers=TESTED,
    output:
        figure_files("table1_channels"),
    log:
        f"{R}/logs/plot_table1_channels.log",
    benchmark:
        f"{R}/benchmarks/plot_table1_channels.tsv"
    script:
        "../scripts/plot_table1_channels.py"


rule plot_table1_curves:
    input:
        code=code("plot_table1_curves"),
        search_curves=SEARCH_CURVES,
        classifiers=TESTED,
        curves=TEST_CURVES,
    output:
        figure_files("table1_curves"),
    log:
        f"{R}/logs/plot_table1_curves.log",
    benchmark:
        f"{R}/benchmarks/plot_table1_curves.tsv"
    script:
        "../scripts/plot_table1_curves.py"


rule plot_figure2:
    input:
        code=code("plot_figure2"),
        trials=f"{R}/stats/simulate_theory.csv",
        bound=f"{R}/stats/simulate_theory-bound.csv",
    output:
        figure_files("figure2"),
    log:
        f"{R}/logs/plot_figure2.log",
    benchmark:
        f"{R}/benchmarks/plot_figure2.tsv"
    script:
        "../scripts/plot_figure2.py"


rule plot_figure3:
    input:
        code=code("plot_figure3"),
        ratios=ratio_files,
    output:
        figure_files("figure3"),
    log:
        f"{R}/logs/plot_figure3.log",
    benchmark:
        f"{R}/benchmarks/plot_figure3.tsv"
    params:
        layer=config["rip"]["layer"],
        lambda_fraction=config["rip"]["lambda"],
    script:
        "../scripts/plot_figure3.py"


rule plot_figure4:
    input:
        code=code("plot_figure4"),
        photographs=f"{R}/images/photographs.h5",
        pictures=f"{R}/pictures/pool{config['figure4']['layer']}-{config['decoder']['switches'][0]}.h5",
        errors=f"{R}/stats/decode_pictures/pool{config['figure4']['layer']}-{config['decoder']['switches'][0]}.csv",
    output:
        figure_files("figure4"),
    log:
        f"{R}/logs/plot_figure4.log",
    benchmark:
        f"{R}/benchmarks/plot_figure4.tsv"
    params:
        rows=config["figure4"]["rows"],
        photographs=config["figure4"]["photographs"],
        seed=config["seed"],
        layer=config["figure4"]["layer"],
    script:
        "../scripts/plot_figure4.py"


rule plot_switches:
    input:
        code=code("plot_switches"),
        photographs=f"{R}/images/photographs.h5",
        pictures=[
            f"{R}/pictures/pool{layer}-known.h5" for layer in PLAN.macro_layers[MAIN]
        ],
        errors=[
            f"{R}/stats/decode_pictures/pool{layer}-known.csv"
            for layer in PLAN.macro_layers[MAIN]
        ],
    output:
        figure_files("switches"),
    log:
        f"{R}/logs/plot_switches.log",
    benchmark:
        f"{R}/benchmarks/plot_switches.tsv"
    params:
        seed=config["seed"],
    script:
        "../scripts/plot_switches.py"
