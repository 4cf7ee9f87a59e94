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


rule plot_decoder_curves:
    input:
        code=code("table4/plot_decoder_curves"),
        curves=expand(
            rules.train_decoder.output.curve,
            architecture="vgg16",
            weights=MAIN,
            layer=MACRO_LAYERS,
            switches=SWITCHES,
        ),
    output:
        figures=figure_files("decoder_curves"),
    log:
        "<logs>/plot_decoder_curves.log",
    benchmark:
        "<benchmarks>/plot_decoder_curves.tsv"
    script:
        "../scripts/table4/plot_decoder_curves.py"


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


rule evaluate_decoder:
    input:
        code=code("table4/evaluate_decoder"),
        photographs=PHOTOGRAPHS,
        weights=network_weights,
        networks=LPIPS_NETWORKS,
        decoder=rules.train_decoder.output.decoder,
    output:
        scores=f"<stats>/evaluate_decoder/{DECODER}.csv",
    log:
        f"<logs>/evaluate_decoder/{DECODER}.log",
    benchmark:
        f"<benchmarks>/evaluate_decoder/{DECODER}.tsv"
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    script:
        "../scripts/table4/evaluate_decoder.py"


rule write_decoders:
    input:
        code=code("table4/write_decoders"),
        scores=[
            f"{R}/stats/evaluate_decoder/{'-'.join(decoder)}-{switches}.csv"
            for decoder in PLAN.decoders
            for switches in SWITCHES
        ],
        baselines=rules.score_baselines.output.scores,
    output:
        tables=table_files("decoders"),
    log:
        "<logs>/write_decoders.log",
    benchmark:
        "<benchmarks>/write_decoders.tsv"
    params:
        steps=config["decoders"]["steps"],
    script:
        "../scripts/table4/write_decoders.py"


TARGETS["figure4"] = expand(
    rules.plot_figure4.output.figures, layer=MACRO_LAYERS, switches=SWITCHES
)
TARGETS["switches"] = rules.plot_switches.output if PLAN.switches else []
TARGETS["gallery"] = rules.write_gallery.output if REACHED else []
TARGETS["decoder_curves"] = rules.plot_decoder_curves.output if REACHED else []
EXTRA["decoders"] = rules.write_decoders.output
EXTRA["picture"] = expand(
    rules.plot_picture.output.figures,
    picture=[PLAN.picture] if PLAN.picture else [],
    layer=f"pool{config['picture']['layer']}",
    switches=SWITCHES,
)
