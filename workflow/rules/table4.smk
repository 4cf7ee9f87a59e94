"""Table 4 and Figure 4: IHT reconstructions of activations, and the pictures decoded from them."""

# How those of the main weights' pictures are; part is a group of methods.
PICTURES = "{layer}-{switches}-{part}"
INVERTED_PICTURES = "{layer}-none-inverted"


wildcard_constraints:
    part="one_step|iht|codes|controls",


rule measure_activation_space:
    input:
        code=code("table4/measure_activation_space"),
        weights=network_weights,
        activations=ACTIVATIONS,
        sparsity="<stats>/measure_sparsity/vgg16-{weights}.csv",
    output:
        errors="<stats>/measure_activation_space/{weights}-{layer}.csv",
        by_image="<stats>/measure_activation_space/{weights}-{layer}-images.csv",
    log:
        "<logs>/measure_activation_space/{weights}-{layer}.log",
    benchmark:
        "<benchmarks>/measure_activation_space/{weights}-{layer}.tsv"
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        images=config["table4"]["images"],
        seed=SEED,
    script:
        "../scripts/table4/measure_activation_space.py"


rule reconstruct_activations:
    input:
        code=code("table4/reconstruct_activations"),
        weights=network_weights,
        activations=ACTIVATIONS,
    output:
        reconstructions="<results>/reconstructions/{weights}-{layer}.h5",
    log:
        "<logs>/reconstruct_activations/{weights}-{layer}.log",
    benchmark:
        "<benchmarks>/reconstruct_activations/{weights}-{layer}.tsv"
    wildcard_constraints:
        layer=PLANNED,
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        seed=SEED,
    script:
        "../scripts/table4/reconstruct_activations.py"


rule reconstruct_iht:
    input:
        code=code("table4/reconstruct_iht"),
        weights=network_weights,
        activations=ACTIVATIONS,
    output:
        reconstructions="<results>/reconstructions/{weights}-{layer}-iht.h5",
        errors="<stats>/reconstruct_iht/{weights}-{layer}.csv",
    log:
        "<logs>/reconstruct_iht/{weights}-{layer}.log",
    benchmark:
        "<benchmarks>/reconstruct_iht/{weights}-{layer}.tsv"
    wildcard_constraints:
        layer=PLANNED,
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        images=config["table4"]["iht_images"],
        steps=config["table4"]["iht_steps"],
        seed=SEED,
    script:
        "../scripts/table4/reconstruct_iht.py"


rule reconstruct_codes:
    input:
        code=code("table4/reconstruct_codes"),
        weights=network_weights,
        activations=ACTIVATIONS,
    output:
        reconstructions="<results>/reconstructions/{weights}-{layer}-codes.h5",
        errors="<stats>/reconstruct_codes/{weights}-{layer}.csv",
    log:
        "<logs>/reconstruct_codes/{weights}-{layer}.log",
    benchmark:
        "<benchmarks>/reconstruct_codes/{weights}-{layer}.tsv"
    wildcard_constraints:
        layer=PLANNED,
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        images=config["table4"]["codes_images"],
        gap=config["table4"]["codes_gap"],
        lambda_fraction=config["figure3"]["lambda"],
        iterations=config["figure3"]["iterations"],
        seed=SEED,
    script:
        "../scripts/table4/reconstruct_codes.py"


rule decode_pictures:
    input:
        code=code("table4/decode_pictures"),
        photographs=PHOTOGRAPHS,
        activations=ACTIVATIONS.replace("{weights}", MAIN),
        reconstructions=part_inputs,
        originals=one_step_pictures,
        decoder=f"<results>/models/decoder-vgg16-{MAIN}-{{layer}}-{{switches}}.safetensors",
    output:
        pictures=f"<results>/pictures/{PICTURES}.h5",
        errors=f"<stats>/decode_pictures/{PICTURES}.csv",
    log:
        f"<logs>/decode_pictures/{PICTURES}.log",
    benchmark:
        f"<benchmarks>/decode_pictures/{PICTURES}.tsv"
    wildcard_constraints:
        layer=PLANNED,
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        seed=SEED,
    script:
        "../scripts/table4/decode_pictures.py"


rule invert_pictures:
    input:
        code=code("table4/invert_pictures"),
        photographs=PHOTOGRAPHS,
        weights=weights_path(MAIN),
        reconstructions=f"<results>/reconstructions/{MAIN}-{{layer}}.h5",
    output:
        pictures=f"<results>/pictures/{INVERTED_PICTURES}.h5",
        errors=f"<stats>/decode_pictures/{INVERTED_PICTURES}.csv",
    log:
        "<logs>/invert_pictures/{layer}.log",
    benchmark:
        "<benchmarks>/invert_pictures/{layer}.tsv"
    wildcard_constraints:
        layer=PLANNED,
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        images=config["table4"]["inverted_images"],
        evaluations=config["table4"]["inverted_evaluations"],
    script:
        "../scripts/table4/invert_pictures.py"


rule score_pictures:
    input:
        code=code("table4/score_pictures"),
        photographs=PHOTOGRAPHS,
        pictures=lambda wildcards: every_part(
            rules.decode_pictures.output.pictures, wildcards.layer, wildcards.switches
        ),
        errors=lambda wildcards: every_part(
            rules.decode_pictures.output.errors, wildcards.layer, wildcards.switches
        ),
        networks=LPIPS_NETWORKS,
    output:
        metrics="<stats>/score_pictures/{layer}-{switches}.csv",
    log:
        "<logs>/score_pictures/{layer}-{switches}.log",
    benchmark:
        "<benchmarks>/score_pictures/{layer}-{switches}.tsv"
    wildcard_constraints:
        layer=PLANNED,
        switches="known|fixed|none",
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    script:
        "../scripts/table4/score_pictures.py"


# Errors in activation space, for all weights and the layers that they reach; and the same image by
# image, for the main weights and the default reading.
ACTIVATION_SPACE = [
    path
    for name in PLAN.weights
    for layer in PLAN.macro_layers[name]
    for path in expand(
        rules.measure_activation_space.output.errors, weights=name, layer=f"pool{layer}"
    )
]
ACTIVATION_SPACE_BY_IMAGE = expand(
    rules.measure_activation_space.output.by_image, weights=MAIN, layer=MACRO_LAYERS
)
# Errors in image space, for the main weights: of Table 4's methods, and of all.
METRICS = some_parts(rules.score_pictures.output.metrics, switches=PICTURED)
IMAGE_SPACE = some_parts(rules.decode_pictures.output.errors, "one_step")
INVERTED_ERRORS = expand(
    rules.invert_pictures.output.errors,
    layer=MACRO_LAYERS if "none" in PICTURED else [],
)
DECODED_METRICS = some_parts(rules.score_pictures.output.metrics)
DECODED_ERRORS = all_parts(rules.decode_pictures.output.errors, SWITCHES)
ALL_ERRORS = all_parts(rules.decode_pictures.output.errors, PICTURED)
ALL_PICTURES = all_parts(rules.decode_pictures.output.pictures, PICTURED)
# What the decoded pictures are compared with, where there are any.
BASELINES = [rules.score_baselines.output.scores] * REACHED


rule write_table4:
    input:
        code=code("table4/write_table4"),
        paper=PAPER,
        activation_space=ACTIVATION_SPACE,
        image_space=IMAGE_SPACE + INVERTED_ERRORS,
    output:
        tables=table_files("table4"),
    log:
        "<logs>/write_table4.log",
    benchmark:
        "<benchmarks>/write_table4.tsv"
    params:
        weights=MAIN,
    script:
        "../scripts/table4/write_table4.py"


rule write_table4_pictures:
    input:
        code=code("table4/write_table4_pictures"),
        metrics=METRICS,
        baselines=BASELINES,
    output:
        tables=table_files("table4_pictures"),
    log:
        "<logs>/write_table4_pictures.log",
    benchmark:
        "<benchmarks>/write_table4_pictures.tsv"
    script:
        "../scripts/table4/write_table4_pictures.py"


TARGETS["table4"] = [
    rules.write_table4.output,
    rules.write_table4_pictures.output,
] * REACHED
