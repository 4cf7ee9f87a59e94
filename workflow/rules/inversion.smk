"""Pictures from activations without a decoder, for the network of the settings."""

# How files of an inverted layer are called.
INVERSION = f"{NETWORK}-{{place}}-{{method}}"


wildcard_constraints:
    place=r"[A-Za-z0-9_.]+",
    method=r"[a-z_]+",
    number=r"\d+",


rule invert_activations:
    input:
        code=code("inversion/invert_activations"),
        prepared=rules.prepare_network.output.prepared,
        folder=photographs_folder,
        names=rules.list_photographs.output.names,
        start=decoded_pictures,
    output:
        pictures="<network>/inversion/{place}-{method}.h5",
        errors="<network>/stats/inversion/{place}-{method}.csv",
    log:
        f"<logs>/invert_activations/{INVERSION}.log",
    benchmark:
        f"<benchmarks>/invert_activations/{INVERSION}.tsv"
    wildcard_constraints:
        method="both|values|refined|switches|noise",
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        settings=settings("inversion", "images", "side", "batch", "evaluations"),
        seed=SEED,
    script:
        "../scripts/inversion/invert_activations.py"


rule decode_activations:
    input:
        code=code("inversion/decode_activations"),
        prepared=rules.prepare_network.output.prepared,
        folder=photographs_folder,
        names=rules.list_photographs.output.names,
        decoder=layer_decoder,
    output:
        pictures="<network>/inversion/{place}-decoder_{switches}.h5",
        errors="<network>/stats/inversion/{place}-decoder_{switches}.csv",
    log:
        f"<logs>/decode_activations/{NETWORK}-{{place}}-{{switches}}.log",
    benchmark:
        f"<benchmarks>/decode_activations/{NETWORK}-{{place}}-{{switches}}.tsv"
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        settings=settings("inversion", "images", "side"),
    script:
        "../scripts/inversion/decode_activations.py"


rule write_inversion:
    input:
        code=code("inversion/write_inversion"),
        errors=expand("<network>/stats/inversion/{name}.csv", name=INVERTED),
    output:
        tables=network_report("tables", "inversion", ("csv", "md", "tex")),
    log:
        f"<logs>/write_inversion/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/write_inversion/{NETWORK}.tsv"
    params:
        network=NETWORK,
        side=config["inversion"]["side"],
    script:
        "../scripts/inversion/write_inversion.py"


rule plot_inversion:
    input:
        code=code("inversion/plot_inversion"),
        errors=rules.write_inversion.input.errors,
    output:
        figures=network_report("figures", "inversion", ("pdf", "png")),
    log:
        f"<logs>/plot_inversion/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/plot_inversion/{NETWORK}.tsv"
    params:
        network=NETWORK,
    script:
        "../scripts/inversion/plot_inversion.py"


rule plot_inverted:
    input:
        code=code("inversion/plot_inverted"),
        pictures=expand("<network>/inversion/{name}.h5", name=INVERTED),
        errors=rules.write_inversion.input.errors,
    output:
        figures=network_report("figures", "inverted", ("pdf", "png")),
    log:
        f"<logs>/plot_inverted/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/plot_inverted/{NETWORK}.tsv"
    params:
        network=NETWORK,
        rows=config["inversion"]["rows"],
        seed=SEED,
    script:
        "../scripts/inversion/plot_inverted.py"


use rule plot_inverted as plot_inverted_layer with:
    input:
        code=code("inversion/plot_inverted"),
        pictures=lambda wildcards: expand(
            "<network>/inversion/{name}.h5", name=of_layer(wildcards)
        ),
        errors=lambda wildcards: expand(
            "<network>/stats/inversion/{name}.csv", name=of_layer(wildcards)
        ),
    output:
        figures=network_report("figures", "inverted_{place}", ("pdf", "png")),
    log:
        f"<logs>/plot_inverted/{NETWORK}-{{place}}.log",
    benchmark:
        f"<benchmarks>/plot_inverted/{NETWORK}-{{place}}.tsv"


if INVERTED:
    EXTRA["inversion"] = [rules.write_inversion.output, rules.plot_inversion.output]
    EXTRA["figure_inversion"] = [
        rules.plot_inverted.output,
        expand(rules.plot_inverted_layer.output, place=inversion_layers(config)),
    ]
else:
    EXTRA["inversion"] = EXTRA["figure_inversion"] = []
