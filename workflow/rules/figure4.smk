"""Figure 4 and other pictures of Table 4's decoders, and their own scores."""


rule plot_figure4:
    input:
        code=code("table4/plot_figure4"),
        photographs=PHOTOGRAPHS,
        pictures="<results>/pictures/{layer}-{switches}-one_step.h5",
        errors="<stats>/decode_pictures/{layer}-{switches}-one_step.csv",
    output:
        figures=figure_files("figure4_{layer}_{switches}"),
    log:
        "<logs>/plot_figure4/{layer}-{switches}.log",
    benchmark:
        "<benchmarks>/plot_figure4/{layer}-{switches}.tsv"
    wildcard_constraints:
        layer=PLANNED,
    params:
        rows=config["figure4"]["rows"],
        pattern=config["figure4"]["photographs"],
        seed=SEED,
    script:
        "../scripts/table4/plot_figure4.py"


KNOWN = {"switches": ["known"] * ("known" in SWITCHES)}


rule plot_switches:
    input:
        code=code("table4/plot_switches"),
        photographs=PHOTOGRAPHS,
        pictures=some_parts(
            rules.decode_pictures.output.pictures, "one_step", "controls", **KNOWN
        ),
        errors=some_parts(
            rules.decode_pictures.output.errors, "one_step", "controls", **KNOWN
        ),
    output:
        figures=figure_files("switches"),
    log:
        "<logs>/plot_switches.log",
    benchmark:
        "<benchmarks>/plot_switches.tsv"
    params:
        pattern=config["figure4"]["photographs"],
        seed=SEED,
    script:
        "../scripts/table4/plot_switches.py"


rule write_gallery:
    input:
        code=code("table4/write_gallery"),
        template=from_here(ROOT / "workflow" / "data" / "gallery.html"),
        photographs=PHOTOGRAPHS,
        pictures=ALL_PICTURES,
        errors=ALL_ERRORS,
    output:
        gallery=report(
            directory("<results>/gallery"),
            htmlindex="index.html",
            caption="../report/gallery.rst",
            category=part("figure4"),
            labels={"page": "gallery"},
        ),
    log:
        "<logs>/write_gallery.log",
    benchmark:
        "<benchmarks>/write_gallery.tsv"
    script:
        "../scripts/table4/write_gallery.py"


rule plot_picture:
    input:
        code=code("table4/plot_picture"),
        file=picture_file,
        weights=weights_path(MAIN),
        decoder=rules.decode_pictures.input.decoder,
    output:
        figures=figure_files("picture_{picture}_{layer}_{switches}"),
    log:
        "<logs>/plot_picture/{picture}-{layer}-{switches}.log",
    benchmark:
        "<benchmarks>/plot_picture/{picture}-{layer}-{switches}.tsv"
    wildcard_constraints:
        picture=r"[\w-]+",
        layer="pool[1-4]",
    threads: all_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        evaluations=config["picture"]["evaluations"],
        seed=SEED,
    script:
        "../scripts/table4/plot_picture.py"


TARGETS["figure4"] = expand(
    rules.plot_figure4.output.figures, layer=MACRO_LAYERS, switches=SWITCHES
)
TARGETS["switches"] = rules.plot_switches.output if PLAN.switches else []
TARGETS["gallery"] = rules.write_gallery.output if REACHED else []
EXTRA["picture"] = expand(
    rules.plot_picture.output.figures,
    picture=[PLAN.picture] if PLAN.picture else [],
    layer=f"pool{config['picture']['layer']}",
    switches=SWITCHES,
)
