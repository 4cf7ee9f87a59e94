"""Tables, as CSV, Markdown and LaTeX."""


rule write_table1:
    input:
        code=code("write_table1"),
        paper=PAPER,
        classifiers=TESTED,
    output:
        table_files("table1"),
    log:
        f"{R}/logs/write_table1.log",
    benchmark:
        f"{R}/benchmarks/write_table1.tsv"
    params:
        epochs=config["classify"]["final_epochs"],
    script:
        "../scripts/write_table1.py"


rule write_table1_configurations:
    input:
        code=code("write_table1_configurations"),
        searches=SEARCHED,
        classifiers=TESTED,
    output:
        table_files("table1_configurations"),
    log:
        f"{R}/logs/write_table1_configurations.log",
    benchmark:
        f"{R}/benchmarks/write_table1_configurations.tsv"
    script:
        "../scripts/write_table1_configurations.py"


rule write_table1_variants:
    input:
        code=code("write_table1_variants"),
        classifiers=TESTED,
        variants=VARIED,
    output:
        table=table_files("table1_variants"),
        costs=table_files("table1_costs"),
    log:
        f"{R}/logs/write_table1_variants.log",
    benchmark:
        f"{R}/benchmarks/write_table1_variants.tsv"
    script:
        "../scripts/write_table1_variants.py"


rule write_table2:
    input:
        code=code("write_table2"),
        paper=PAPER,
        sparsity=vgg16_files("measure_sparsity"),
    output:
        table_files("table2"),
    log:
        f"{R}/logs/write_table2.log",
    benchmark:
        f"{R}/benchmarks/write_table2.tsv"
    script:
        "../scripts/write_table2.py"


rule write_table3:
    input:
        code=code("write_table3"),
        paper=PAPER,
        coherence=vgg16_files("measure_coherence"),
    output:
        table_files("table3"),
    log:
        f"{R}/logs/write_table3.log",
    benchmark:
        f"{R}/benchmarks/write_table3.tsv"
    script:
        "../scripts/write_table3.py"


rule write_table4:
    input:
        code=code("write_table4"),
        paper=PAPER,
        activation_space=activation_space_files,
        image_space=image_space_files,
    output:
        table_files("table4"),
    log:
        f"{R}/logs/write_table4.log",
    benchmark:
        f"{R}/benchmarks/write_table4.tsv"
    params:
        weights=MAIN,
    script:
        "../scripts/write_table4.py"


rule write_table4_pictures:
    input:
        code=code("write_table4_pictures"),
        metrics=metrics_files,
        baselines=baseline_files,
    output:
        table_files("table4_pictures"),
    log:
        f"{R}/logs/write_table4_pictures.log",
    benchmark:
        f"{R}/benchmarks/write_table4_pictures.tsv"
    script:
        "../scripts/write_table4_pictures.py"


rule write_alexnet:
    input:
        code=code("write_alexnet"),
        sparsity=f"{R}/stats/measure_sparsity/alexnet-torchvision.csv",
        coherence=f"{R}/stats/measure_coherence/alexnet-torchvision.csv",
    output:
        table_files("alexnet"),
    log:
        f"{R}/logs/write_alexnet.log",
    benchmark:
        f"{R}/benchmarks/write_alexnet.tsv"
    script:
        "../scripts/write_alexnet.py"
