"""CNNs with random and with learned filters on CIFAR-10: Table 1."""


rule search_classifiers:
    input:
        code=code("search_classifiers"),
        cifar10=f"{DATA}/cifar10.h5",
    output:
        table=f"{R}/stats/search_classifiers/{{filters}}-{{layers}}.csv",
        curves=f"{R}/stats/search_classifiers/{{filters}}-{{layers}}-curves.csv",
    log:
        f"{R}/logs/search_classifiers/{{filters}}-{{layers}}.log",
    benchmark:
        f"{R}/benchmarks/search_classifiers/{{filters}}-{{layers}}.tsv"
    wildcard_constraints:
        layers="[0-9]+",
    threads: several_threads
    resources:
        mem_mb=memory,
        runtime=wall_time,
        gpu=gpus,
        gres=gres,
    params:
        sizes=config["classify"]["sizes"],
        channels=config["classify"]["channels"],
        images=config["classify"]["search_images"],
        folds=config["classify"]["folds"],
        validation=config["classify"]["validation"],
        halving=config["classify"]["halving"],
        recipe=classify_recipe("search_epochs"),
        seed=config["seed"],
        state=f"{R}/state/search_classifiers/{{filters}}-{{layers}}",
    script:
        "../scripts/search_classifiers.py"


rule test_classifier:
    input:
        code=code("test_classifier"),
        cifar10=f"{DATA}/cifar10.h5",
        table=f"{R}/stats/search_classifiers/{{filters}}-{{layers}}.csv",
    output:
        table=f"{R}/stats/test_classifier/{{filters}}-{{layers}}.csv",
        curves=f"{R}/stats/test_classifier/{{filters}}-{{layers}}-curves.csv",
    log:
        f"{R}/logs/test_classifier/{{filters}}-{{layers}}.log",
    benchmark:
        f"{R}/benchmarks/test_classifier/{{filters}}-{{layers}}.tsv"
    wildcard_constraints:
        layers="[0-9]+",
    threads: several_threads
    resources:
        mem_mb=memory,
        runtime=wall_time,
        gpu=gpus,
        gres=gres,
    params:
        train_images=config["classify"]["train_images"],
        test_images=config["classify"]["test_images"],
        recipe=classify_recipe("final_epochs"),
        seeds=classify_seeds("seeds"),
        state=f"{R}/state/test_classifier/{{filters}}-{{layers}}",
    script:
        "../scripts/test_classifier.py"


rule vary_classifier:
    input:
        code=code("vary_classifier"),
        cifar10=f"{DATA}/cifar10.h5",
        table=f"{R}/stats/search_classifiers/{{filters}}-{{layers}}.csv",
    output:
        table=f"{R}/stats/vary_classifier/{{filters}}-{{layers}}.csv",
        curves=f"{R}/stats/vary_classifier/{{filters}}-{{layers}}-curves.csv",
    log:
        f"{R}/logs/vary_classifier/{{filters}}-{{layers}}.log",
    benchmark:
        f"{R}/benchmarks/vary_classifier/{{filters}}-{{layers}}.tsv"
    wildcard_constraints:
        layers="[0-9]+",
    threads: several_threads
    resources:
        mem_mb=memory,
        runtime=wall_time,
        gpu=gpus,
        gres=gres,
    params:
        variants=config["classify"]["variants"],
        train_images=config["classify"]["train_images"],
        test_images=config["classify"]["test_images"],
        recipe=classify_recipe("final_epochs"),
        seeds=classify_seeds("variant_seeds"),
        state=f"{R}/state/vary_classifier/{{filters}}-{{layers}}",
    script:
        "../scripts/vary_classifier.py"
