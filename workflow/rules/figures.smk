"""Figures, as PDF and PNG, and the gallery of all pictures, as HTML."""


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
        pictures=f"{R}/pictures/{{layer}}-{{switches}}.h5",
        errors=f"{R}/stats/decode_pictures/{{layer}}-{{switches}}.csv",
    output:
        figure_files("figure4_{layer}_{switches}"),
    log:
        f"{R}/logs/plot_figure4/{{layer}}-{{switches}}.log",
    benchmark:
        f"{R}/benchmarks/plot_figure4/{{layer}}-{{switches}}.tsv"
    params:
        rows=config["figure4"]["rows"],
        photographs=config["figure4"]["photographs"],
        seed=config["seed"],
    script:
        "../scripts/plot_figure4.py"


rule plot_picture:
    input:
        code=code("plot_picture"),
        file=picture_file,
        weights=weights_path(MAIN),
        decoder=f"{R}/models/decoder-vgg16-{MAIN}-{{layer}}-{{switches}}.safetensors",
    output:
        figure_files("picture_{picture}_{layer}_{switches}"),
    log:
        f"{R}/logs/plot_picture/{{picture}}-{{layer}}-{{switches}}.log",
    benchmark:
        f"{R}/benchmarks/plot_picture/{{picture}}-{{layer}}-{{switches}}.tsv"
    wildcard_constraints:
        picture=r"[\w-]+",
        layer="pool[1-4]",
    threads: several_threads
    resources:
        mem_mb=memory,
        runtime=wall_time,
        gpu=gpus,
        gres=gres,
    params:
        seed=config["seed"],
    script:
        "../scripts/plot_picture.py"


rule write_gallery:
    input:
        code=code("write_gallery"),
        template=GALLERY,
        photographs=f"{R}/images/photographs.h5",
        pictures=each_decoder(f"{R}/pictures/{{layer}}-{{switches}}.h5"),
        errors=image_space_files,
    output:
        gallery=directory(f"{R}/gallery"),
    log:
        f"{R}/logs/write_gallery.log",
    benchmark:
        f"{R}/benchmarks/write_gallery.tsv"
    script:
        "../scripts/write_gallery.py"


rule plot_switches:
    input:
        code=code("plot_switches"),
        photographs=f"{R}/images/photographs.h5",
        pictures=each_decoder(f"{R}/pictures/{{layer}}-{{switches}}.h5", ["known"]),
        errors=each_decoder(
            f"{R}/stats/decode_pictures/{{layer}}-{{switches}}.csv", ["known"]
        ),
    output:
        figure_files("switches"),
    log:
        f"{R}/logs/plot_switches.log",
    benchmark:
        f"{R}/benchmarks/plot_switches.tsv"
    params:
        photographs=config["figure4"]["photographs"],
        seed=config["seed"],
    script:
        "../scripts/plot_switches.py"
