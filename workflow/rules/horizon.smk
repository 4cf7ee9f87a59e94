"""What a layer of the network holds: horizon, witnesses, switches in bits, layer by layer."""


rule measure_horizon:
    input:
        code=code("inversion/measure_horizon"),
        prepared=rules.prepare_network.output.prepared,
        folder=photographs_folder,
        names=rules.list_photographs.output.names,
    output:
        ranks="<network>/stats/horizon/{number}-ranks.csv",
        spectra="<network>/stats/horizon/{number}-spectra.csv",
    log:
        f"<logs>/measure_horizon/{NETWORK}-{{number}}.log",
    benchmark:
        f"<benchmarks>/measure_horizon/{NETWORK}-{{number}}.tsv"
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        settings=settings("horizon", "layers", "side", "floor", "probes", "lanczos"),
        seed=SEED,
    script:
        "../scripts/inversion/measure_horizon.py"


rule write_horizon:
    input:
        code=code("inversion/write_horizon"),
        ranks=expand(
            rules.measure_horizon.output.ranks,
            number=range(config["horizon"]["images"]),
        ),
    output:
        tables=network_report("tables", "horizon", ("csv", "md", "tex")),
    log:
        f"<logs>/write_horizon/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/write_horizon/{NETWORK}.tsv"
    params:
        network=NETWORK,
        side=config["horizon"]["side"],
    script:
        "../scripts/inversion/write_horizon.py"


rule plot_horizon:
    input:
        code=code("inversion/plot_horizon"),
        ranks=rules.write_horizon.input.ranks,
        spectra=expand(
            rules.measure_horizon.output.spectra,
            number=range(config["horizon"]["images"]),
        ),
    output:
        figures=network_report("figures", "horizon", ("pdf", "png")),
    log:
        f"<logs>/plot_horizon/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/plot_horizon/{NETWORK}.tsv"
    params:
        network=NETWORK,
    script:
        "../scripts/inversion/plot_horizon.py"


rule find_witnesses:
    input:
        code=code("inversion/find_witnesses"),
        prepared=rules.prepare_network.output.prepared,
        folder=photographs_folder,
        names=rules.list_photographs.output.names,
    output:
        pictures="<network>/witnesses/{number}/{place}-{method}.h5",
        errors="<network>/stats/witnesses/{number}/{place}-{method}.csv",
    log:
        f"<logs>/find_witnesses/{INVERSION}-{{number}}.log",
    benchmark:
        f"<benchmarks>/find_witnesses/{INVERSION}-{{number}}.tsv"
    wildcard_constraints:
        method="both|values",
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        settings=settings("witnesses", "side", "distance", "steps"),
    script:
        "../scripts/inversion/find_witnesses.py"


rule write_witnesses:
    input:
        code=code("inversion/write_witnesses"),
        errors=expand(
            "<network>/stats/witnesses/{number}/{name}.csv",
            name=WITNESSES,
            number=range(config["witnesses"]["images"]),
        ),
    output:
        tables=network_report("tables", "witnesses", ("csv", "md", "tex")),
    log:
        f"<logs>/write_witnesses/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/write_witnesses/{NETWORK}.tsv"
    params:
        network=NETWORK,
        side=config["witnesses"]["side"],
    script:
        "../scripts/inversion/write_witnesses.py"


rule plot_witnesses:
    input:
        code=code("inversion/plot_witnesses"),
        pictures=expand(
            "<network>/witnesses/{number}/{name}.h5",
            name=WITNESSES,
            number=range(config["witnesses"]["images"]),
        ),
        errors=rules.write_witnesses.input.errors,
    output:
        figures=network_report("figures", "witnesses", ("pdf", "png")),
    log:
        f"<logs>/plot_witnesses/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/plot_witnesses/{NETWORK}.tsv"
    params:
        network=NETWORK,
    script:
        "../scripts/inversion/plot_witnesses.py"


rule count_switch_bits:
    input:
        code=code("inversion/count_switch_bits"),
        prepared=rules.prepare_network.output.prepared,
        folder=photographs_folder,
        names=rules.list_photographs.output.names,
    output:
        switches="<network>/stats/switch_bits.csv",
        codecs="<network>/stats/codecs.csv",
    log:
        f"<logs>/count_switch_bits/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/count_switch_bits/{NETWORK}.tsv"
    resources:
        gpu=gpus,
        gres=gres,
    params:
        settings=settings("inversion", "images", "side"),
    script:
        "../scripts/inversion/count_switch_bits.py"


rule write_switch_bits:
    input:
        code=code("inversion/write_switch_bits"),
        switches=rules.count_switch_bits.output.switches,
        codecs=rules.count_switch_bits.output.codecs,
        errors=expand("<network>/stats/inversion/{name}.csv", name=SWITCHES_ALONE),
    output:
        tables=network_report("tables", "switch_bits", ("csv", "md", "tex")),
    log:
        f"<logs>/write_switch_bits/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/write_switch_bits/{NETWORK}.tsv"
    params:
        network=NETWORK,
        side=config["inversion"]["side"],
    script:
        "../scripts/inversion/write_switch_bits.py"


rule plot_switch_bits:
    input:
        code=code("inversion/plot_switch_bits"),
        switches=rules.count_switch_bits.output.switches,
        codecs=rules.count_switch_bits.output.codecs,
        errors=rules.write_switch_bits.input.errors,
    output:
        figures=network_report("figures", "switch_bits", ("pdf", "png")),
    log:
        f"<logs>/plot_switch_bits/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/plot_switch_bits/{NETWORK}.tsv"
    params:
        network=NETWORK,
        side=config["inversion"]["side"],
    script:
        "../scripts/inversion/plot_switch_bits.py"


rule measure_layer_by_layer:
    input:
        code=code("inversion/measure_layer_by_layer"),
        prepared=rules.prepare_network.output.prepared,
        folder=photographs_folder,
        names=rules.list_photographs.output.names,
    output:
        errors="<network>/stats/layer_by_layer.csv",
    log:
        f"<logs>/measure_layer_by_layer/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/measure_layer_by_layer/{NETWORK}.tsv"
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        last=LAST,
        settings=config["layer_by_layer"],
    script:
        "../scripts/inversion/measure_layer_by_layer.py"


rule write_layer_by_layer:
    input:
        code=code("inversion/write_layer_by_layer"),
        errors=rules.measure_layer_by_layer.output.errors,
    output:
        tables=network_report("tables", "layer_by_layer", ("csv", "md", "tex")),
    log:
        f"<logs>/write_layer_by_layer/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/write_layer_by_layer/{NETWORK}.tsv"
    params:
        network=NETWORK,
        last=LAST,
        side=config["layer_by_layer"]["side"],
    script:
        "../scripts/inversion/write_layer_by_layer.py"


rule plot_layer_by_layer:
    input:
        code=code("inversion/plot_layer_by_layer"),
        errors=rules.measure_layer_by_layer.output.errors,
    output:
        figures=network_report("figures", "layer_by_layer", ("pdf", "png")),
    log:
        f"<logs>/plot_layer_by_layer/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/plot_layer_by_layer/{NETWORK}.tsv"
    params:
        network=NETWORK,
        last=LAST,
    script:
        "../scripts/inversion/plot_layer_by_layer.py"


EXTRA["layer_by_layer"] = (
    [rules.write_layer_by_layer.output, rules.plot_layer_by_layer.output]
    if LAST
    else []
)
EXTRA["switch_bits"] = [rules.write_switch_bits.output, rules.plot_switch_bits.output]
EXTRA["horizon"] = [rules.write_horizon.output, rules.plot_horizon.output]
EXTRA["witnesses"] = (
    [rules.write_witnesses.output, rules.plot_witnesses.output] if WITNESSES else []
)
