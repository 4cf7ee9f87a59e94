"""Table 1's networks beyond the table: inverted, exported, and with more random filters."""


rule invert_classifier:
    input:
        code=code("table1/invert_classifier"),
        cifar10=CIFAR10,
        whitening=WHITENING,
        classifiers=rules.test_classifier.output.table,
        networks=rules.test_classifier.output.networks,
    output:
        errors="<stats>/invert_classifier/{filters}-{layers}.csv",
    log:
        "<logs>/invert_classifier/{filters}-{layers}.log",
    benchmark:
        "<benchmarks>/invert_classifier/{filters}-{layers}.tsv"
    wildcard_constraints:
        layers="[0-9]+",
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        images=config["table1"]["inverted_images"],
        seeds=config["table1"]["inverted_seeds"],
        evaluations=config["table1"]["inverted_evaluations"],
    script:
        "../scripts/table1/invert_classifier.py"


rule write_table1_inversion:
    input:
        code=code("table1/write_table1_inversion"),
        errors=cells(rules.invert_classifier.output.errors),
    output:
        tables=table_files("table1_inversion"),
    log:
        "<logs>/write_table1_inversion.log",
    benchmark:
        "<benchmarks>/write_table1_inversion.tsv"
    script:
        "../scripts/table1/write_table1_inversion.py"


rule plot_table1_inversion:
    input:
        code=code("table1/plot_table1_inversion"),
        errors=cells(rules.invert_classifier.output.errors),
    output:
        figures=figure_files("table1_inversion"),
    log:
        "<logs>/plot_table1_inversion.log",
    benchmark:
        "<benchmarks>/plot_table1_inversion.tsv"
    script:
        "../scripts/table1/plot_table1_inversion.py"


rule export_classifier:
    input:
        code=code("table1/export_classifier"),
        whitening=WHITENING,
        classifiers=rules.test_classifier.output.table,
        networks=rules.test_classifier.output.networks,
    output:
        module="<results>/table1_networks/table1-{filters}-{layers}.py",
        weights="<results>/table1_networks/table1-{filters}-{layers}.safetensors",
    log:
        "<logs>/export_classifier/{filters}-{layers}.log",
    benchmark:
        "<benchmarks>/export_classifier/{filters}-{layers}.tsv"
    wildcard_constraints:
        layers="[0-9]+",
    script:
        "../scripts/table1/export_classifier.py"


rule widen_classifier:
    input:
        code=code("table1/widen_classifier"),
        cifar10=CIFAR10,
        whitened=WHITENED,
    output:
        table="<stats>/widen_classifier/{layers}-{channels}.csv",
    log:
        "<logs>/widen_classifier/{layers}-{channels}.log",
    benchmark:
        "<benchmarks>/widen_classifier/{layers}-{channels}.tsv"
    wildcard_constraints:
        layers="[0-9]+",
        channels="[0-9]+",
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        size=config["table1_width"]["size"],
        train_images=config["table1"]["train_images"],
        test_images=config["table1"]["test_images"],
        recipe=settings("table1", "flips", "mirrored", "precision", "cache_gb"),
        seeds=final_seeds(config["table1_width"]["seeds"]),
    script:
        "../scripts/table1/widen_classifier.py"


WIDENED = widths(rules.widen_classifier.output.table)


rule write_table1_width:
    input:
        code=code("table1/write_table1_width"),
        paper=PAPER,
        classifiers=WIDENED,
    output:
        tables=table_files("table1_width"),
    log:
        "<logs>/write_table1_width.log",
    benchmark:
        "<benchmarks>/write_table1_width.tsv"
    script:
        "../scripts/table1/write_table1_width.py"


rule plot_table1_width:
    input:
        code=code("table1/plot_table1_width"),
        paper=PAPER,
        classifiers=WIDENED,
    output:
        figures=figure_files("table1_width"),
    log:
        "<logs>/plot_table1_width.log",
    benchmark:
        "<benchmarks>/plot_table1_width.tsv"
    script:
        "../scripts/table1/plot_table1_width.py"


EXTRA["table1_inversion"] = [
    rules.write_table1_inversion.output,
    rules.plot_table1_inversion.output,
]
EXTRA["table1_networks"] = cells(rules.export_classifier.output)
EXTRA["table1_width"] = [
    rules.write_table1_width.output if WIDENED else [],
    rules.plot_table1_width.output if WIDENED else [],
]
