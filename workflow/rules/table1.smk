"""Table 1: CNNs with random and with learned filters on CIFAR-10."""


rule whiten_cifar10:
    input:
        code=code("table1/whiten_cifar10"),
        cifar10=CIFAR10,
    output:
        whitening="<results>/whitening.h5",
        whitened="<results>/whitened.h5",
    log:
        "<logs>/whiten_cifar10.log",
    benchmark:
        "<benchmarks>/whiten_cifar10.tsv"
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        images=max(config["table1"]["search_images"], config["table1"]["train_images"]),
        regularisation=config["table1"]["whitening"],
    script:
        "../scripts/table1/whiten_cifar10.py"


# Nothing where images are taken as they are.
WHITENED, WHITENING = (
    [file] * (config["table1"]["whitening"] is not None)
    for file in (
        rules.whiten_cifar10.output.whitened,
        rules.whiten_cifar10.output.whitening,
    )
)


rule search_classifiers:
    input:
        code=code("table1/search_classifiers"),
        cifar10=CIFAR10,
        whitened=WHITENED,
    output:
        table="<stats>/search_classifiers/{filters}-{layers}.csv",
        curves="<stats>/search_classifiers/{filters}-{layers}-curves.csv",
    log:
        "<logs>/search_classifiers/{filters}-{layers}.log",
    benchmark:
        "<benchmarks>/search_classifiers/{filters}-{layers}.tsv"
    wildcard_constraints:
        layers="[0-9]+",
    priority: 60  # the last of these trainings would else run alone at the end
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        sizes=config["table1"]["sizes"],
        channels=config["table1"]["channels"],
        multiply_adds=config["table1"]["multiply_adds"],
        chosen=chosen,
        images=config["table1"]["search_images"],
        folds=config["table1"]["folds"],
        validation=config["table1"]["validation"],
        halving=halving,
        recipe=recipe("search_epochs"),
        seed=SEED,
    script:
        "../scripts/table1/search_classifiers.py"


rule test_classifier:
    input:
        code=code("table1/test_classifier"),
        cifar10=CIFAR10,
        whitened=WHITENED,
        search=rules.search_classifiers.output.table,
    output:
        table="<stats>/test_classifier/{filters}-{layers}.csv",
        curves="<stats>/test_classifier/{filters}-{layers}-curves.csv",
        networks="<results>/models/classifier-{filters}-{layers}.safetensors",
    log:
        "<logs>/test_classifier/{filters}-{layers}.log",
    benchmark:
        "<benchmarks>/test_classifier/{filters}-{layers}.tsv"
    wildcard_constraints:
        layers="[0-9]+",
    priority: 60  # the last of these trainings would else run alone at the end
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        train_images=config["table1"]["train_images"],
        test_images=config["table1"]["test_images"],
        recipe=final_recipe,
        seeds=tested_seeds,
    script:
        "../scripts/table1/test_classifier.py"


rule vary_classifier:
    input:
        code=code("table1/vary_classifier"),
        cifar10=CIFAR10,
        whitened=WHITENED,
        search=rules.search_classifiers.output.table,
    output:
        table="<stats>/vary_classifier/{filters}-{layers}.csv",
        curves="<stats>/vary_classifier/{filters}-{layers}-curves.csv",
    log:
        "<logs>/vary_classifier/{filters}-{layers}.log",
    benchmark:
        "<benchmarks>/vary_classifier/{filters}-{layers}.tsv"
    wildcard_constraints:
        layers="[0-9]+",
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        variants=config["table1"]["variants"],
        train_images=config["table1"]["train_images"],
        test_images=config["table1"]["test_images"],
        recipe=final_recipe,
        seeds=final_seeds(config["table1"]["variant_seeds"]),
    script:
        "../scripts/table1/vary_classifier.py"


SEARCHED = cells(rules.search_classifiers.output.table)
TESTED = cells(rules.test_classifier.output.table)
VARIED = varied_cells(rules.vary_classifier.output.table)


rule write_table1:
    input:
        code=code("table1/write_table1"),
        paper=PAPER,
        classifiers=TESTED,
    output:
        tables=table_files("table1"),
    log:
        "<logs>/write_table1.log",
    benchmark:
        "<benchmarks>/write_table1.tsv"
    params:
        epochs={name: epochs_of(name) for name in cells("{filters}-{layers}")},
        mirrored=config["table1"]["mirrored"],
    script:
        "../scripts/table1/write_table1.py"


rule write_table1_configurations:
    input:
        code=code("table1/write_table1_configurations"),
        searches=SEARCHED,
        classifiers=TESTED,
    output:
        tables=table_files("table1_configurations"),
    log:
        "<logs>/write_table1_configurations.log",
    benchmark:
        "<benchmarks>/write_table1_configurations.tsv"
    script:
        "../scripts/table1/write_table1_configurations.py"


rule write_table1_variants:
    input:
        code=code("table1/write_table1_variants"),
        classifiers=TESTED,
        variants=VARIED,
    output:
        tables=table_files("table1_variants"),
        costs=table_files("table1_costs"),
    log:
        "<logs>/write_table1_variants.log",
    benchmark:
        "<benchmarks>/write_table1_variants.tsv"
    script:
        "../scripts/table1/write_table1_variants.py"


rule plot_table1_channels:
    input:
        code=code("table1/plot_table1_channels"),
        paper=PAPER,
        searches=SEARCHED,
        classifiers=TESTED,
    output:
        figures=figure_files("table1_channels"),
    log:
        "<logs>/plot_table1_channels.log",
    benchmark:
        "<benchmarks>/plot_table1_channels.tsv"
    script:
        "../scripts/table1/plot_table1_channels.py"


rule plot_table1_curves:
    input:
        code=code("table1/plot_table1_curves"),
        search_curves=cells(rules.search_classifiers.output.curves),
        classifiers=TESTED,
        curves=cells(rules.test_classifier.output.curves),
    output:
        figures=figure_files("table1_curves"),
    log:
        "<logs>/plot_table1_curves.log",
    benchmark:
        "<benchmarks>/plot_table1_curves.tsv"
    script:
        "../scripts/table1/plot_table1_curves.py"


TARGETS["table1"] = [
    rules.write_table1.output,
    rules.write_table1_configurations.output,
    rules.write_table1_variants.output if VARIED else [],
    rules.plot_table1_channels.output,
    rules.plot_table1_curves.output,
]
