"""The decoders of Figure 4 and of Table 4's pictures: their training, and how good they are."""

LPIPS_NETWORKS = [
    weights_path("torchvision", name) for name in config["table4"]["lpips"]
]
# How files of a decoder are called.
DECODER = "{architecture}-{weights}-{layer}-{switches}"


rule train_decoder:
    input:
        code=code("table4/train_decoder"),
        photographs=PHOTOGRAPHS,
        weights=network_weights,
    output:
        decoder=f"<results>/models/decoder-{DECODER}.safetensors",
        curve=f"<stats>/train_decoder/{DECODER}.csv",
    log:
        f"<logs>/train_decoder/{DECODER}.log",
    benchmark:
        f"<benchmarks>/train_decoder/{DECODER}.tsv"
    wildcard_constraints:
        layer="pool[1-5]",
    priority: 50  # the longest work of all: it starts first
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        steps=decoder_steps,
        crop=config["decoders"]["crop"],
        batch=config["decoders"]["batch"],
        learning_rate=config["decoders"]["learning_rate"],
        pool_loss=config["decoders"]["pool_loss"],
        seed=SEED,
    script:
        "../scripts/table4/train_decoder.py"


rule score_baselines:
    input:
        code=code("table4/score_baselines"),
        photographs=PHOTOGRAPHS,
        networks=LPIPS_NETWORKS,
    output:
        scores="<stats>/score_baselines.csv",
    log:
        "<logs>/score_baselines.log",
    benchmark:
        "<benchmarks>/score_baselines.tsv"
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    script:
        "../scripts/table4/score_baselines.py"


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


TARGETS["decoder_curves"] = rules.plot_decoder_curves.output if REACHED else []
EXTRA["decoders"] = rules.write_decoders.output
