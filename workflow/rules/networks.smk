"""The paper's statistics for the network of the settings, whichever it is: each a target."""

NETWORK = network_label(config["network"])
BY_BANK = ["coherence", "model_rip", "one_step"]


pathvars:
    network=f"<results>/networks/{NETWORK}",


# snakemake --set-scatter photographs=100 for as many jobs, beside each other.
scattergather:
    photographs=config["network"]["parts"],


rule prepare_network:
    input:
        code=code("network/prepare_network"),
        known=known_weights,
        own=network_files,
    output:
        prepared="<network>/network.safetensors",
    log:
        f"<logs>/prepare_network/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/prepare_network/{NETWORK}.tsv"
    localrule: True  # it fetches weights, which a cluster's nodes may not be able to
    params:
        settings=network_source,
    script:
        "../scripts/network/prepare_network.py"


rule list_photographs:
    input:
        code=code("network/list_photographs"),
        folder=photographs_folder,
    output:
        names="<network>/photographs.csv",
    log:
        f"<logs>/list_photographs/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/list_photographs/{NETWORK}.tsv"
    params:
        content=lambda _wildcards: folder_digest(config["images"]["root"]),
        images=config["network"]["images"],
        seed=SEED,
    script:
        "../scripts/network/list_photographs.py"


rule count_nonzeros:
    input:
        code=code("network/count_nonzeros"),
        prepared=rules.prepare_network.output.prepared,
        folder=photographs_folder,
        names=rules.list_photographs.output.names,
    output:
        counts="<network>/stats/nonzeros/{scatteritem}.csv",
    log:
        f"<logs>/count_nonzeros/{NETWORK}-{{scatteritem}}.log",
    benchmark:
        f"<benchmarks>/count_nonzeros/{NETWORK}-{{scatteritem}}.tsv"
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        batch=config["network"]["batch"],
    script:
        "../scripts/network/count_nonzeros.py"


rule merge_nonzeros:
    input:
        code=code("network/merge_nonzeros"),
        prepared=rules.prepare_network.output.prepared,
        counts=gather.photographs(rules.count_nonzeros.output.counts),
    output:
        sparsity="<network>/stats/sparsity.csv",
    log:
        f"<logs>/merge_nonzeros/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/merge_nonzeros/{NETWORK}.tsv"
    script:
        "../scripts/network/merge_nonzeros.py"


rule measure_network_coherence:
    input:
        code=code("network/measure_network_coherence"),
        prepared=rules.prepare_network.output.prepared,
    output:
        coherence="<network>/stats/coherence.csv",
    log:
        f"<logs>/measure_network_coherence/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/measure_network_coherence/{NETWORK}.tsv"
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        banks=config["network"]["banks"],
        seed=SEED,
    script:
        "../scripts/network/measure_network_coherence.py"


rule measure_network_rip:
    input:
        code=code("network/measure_network_rip"),
        prepared=rules.prepare_network.output.prepared,
        sparsity=rules.merge_nonzeros.output.sparsity,
        folder=photographs_folder,
        names=rules.list_photographs.output.names,
    output:
        ratios="<network>/stats/model_rip.csv",
    log:
        f"<logs>/measure_network_rip/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/measure_network_rip/{NETWORK}.tsv"
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        settings=settings("network", "banks", "codes", "code_images", "side"),
        solver=settings("figure3", "lambda", "gap", "iterations"),
        seed=SEED,
    script:
        "../scripts/network/measure_network_rip.py"


rule measure_one_step:
    input:
        code=code("network/measure_one_step"),
        prepared=rules.prepare_network.output.prepared,
        folder=photographs_folder,
        names=rules.list_photographs.output.names,
    output:
        errors="<network>/stats/one_step.csv",
    log:
        f"<logs>/measure_one_step/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/measure_one_step/{NETWORK}.tsv"
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        images=config["network"]["step_images"],
        banks=config["network"]["banks"],
        seed=SEED,
    script:
        "../scripts/network/measure_one_step.py"


rule audit_network:
    input:
        code=code("network/audit_network"),
        prepared=rules.prepare_network.output.prepared,
        folder=photographs_folder,
        names=rules.list_photographs.output.names,
        theorem31=rules.simulate_theorem31.output.distortions,
    output:
        guarantees="<network>/stats/audit.csv",
    log:
        f"<logs>/audit_network/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/audit_network/{NETWORK}.tsv"
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        settings=settings("network", "codes", "side", "step_images"),
        seed=SEED,
    script:
        "../scripts/network/audit_network.py"


rule write_network_sparsity:
    input:
        code=code("network/write_network_sparsity"),
        measured=rules.merge_nonzeros.output.sparsity,
    output:
        tables=network_report("tables", "sparsity", ("csv", "md", "tex")),
    log:
        f"<logs>/write_network_sparsity/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/write_network_sparsity/{NETWORK}.tsv"
    params:
        network=NETWORK,
    script:
        "../scripts/network/write_network_sparsity.py"


rule write_network_table:
    input:
        code=code("network/write_network_table"),
        measured="<network>/stats/{statistic}.csv",
    output:
        tables=network_report("tables", "{statistic}", ("csv", "md", "tex")),
    log:
        f"<logs>/write_network_table/{NETWORK}-{{statistic}}.log",
    benchmark:
        f"<benchmarks>/write_network_table/{NETWORK}-{{statistic}}.tsv"
    wildcard_constraints:
        statistic="|".join(BY_BANK),
    params:
        network=NETWORK,
    script:
        "../scripts/network/write_network_table.py"


rule plot_network:
    input:
        code=code("network/plot_network"),
        measured="<network>/stats/{statistic}.csv",
    output:
        figures=network_report("figures", "{statistic}", ("pdf", "png")),
    log:
        f"<logs>/plot_network/{NETWORK}-{{statistic}}.log",
    benchmark:
        f"<benchmarks>/plot_network/{NETWORK}-{{statistic}}.tsv"
    wildcard_constraints:
        statistic="|".join(["sparsity", *BY_BANK]),
    params:
        network=NETWORK,
    script:
        "../scripts/network/plot_network.py"


rule write_audit:
    input:
        code=code("network/write_audit"),
        guarantees=rules.audit_network.output.guarantees,
    output:
        tables=network_report("tables", "audit", ("csv", "md", "tex")),
    log:
        f"<logs>/write_audit/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/write_audit/{NETWORK}.tsv"
    params:
        network=NETWORK,
    script:
        "../scripts/network/write_audit.py"


rule plot_audit:
    input:
        code=code("network/plot_audit"),
        guarantees=rules.audit_network.output.guarantees,
    output:
        figures=network_report("figures", "audit", ("pdf", "png")),
    log:
        f"<logs>/plot_audit/{NETWORK}.log",
    benchmark:
        f"<benchmarks>/plot_audit/{NETWORK}.tsv"
    params:
        network=NETWORK,
    script:
        "../scripts/network/plot_audit.py"


EXTRA["audit"] = [
    rules.write_audit.output,
    rules.plot_audit.output,
    rules.write_theorem31.output,
    rules.plot_theorem31.output,
]
EXTRA["sparsity"] = [
    rules.write_network_sparsity.output,
    expand(rules.plot_network.output, statistic="sparsity"),
]
for statistic in BY_BANK:
    EXTRA[statistic] = expand(
        [*rules.write_network_table.output, *rules.plot_network.output],
        statistic=statistic,
    )
