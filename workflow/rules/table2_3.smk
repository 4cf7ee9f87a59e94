"""Table 2, sparsity of activations; Table 3, coherence of filters; and both of AlexNet."""


rule measure_sparsity:
    input:
        code=code("table2_3/measure_sparsity"),
        photographs=PHOTOGRAPHS,
        weights=network_weights,
    output:
        sparsity="<stats>/measure_sparsity/{architecture}-{weights}.csv",
    log:
        "<logs>/measure_sparsity/{architecture}-{weights}.log",
    benchmark:
        "<benchmarks>/measure_sparsity/{architecture}-{weights}.tsv"
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        images=config["table2"]["images"],
        batch=config["table2"]["batch"],
    script:
        "../scripts/table2_3/measure_sparsity.py"


rule measure_coherence:
    input:
        code=code("table2_3/measure_coherence"),
        weights=network_weights,
    output:
        coherence="<stats>/measure_coherence/{architecture}-{weights}.csv",
    log:
        "<logs>/measure_coherence/{architecture}-{weights}.log",
    benchmark:
        "<benchmarks>/measure_coherence/{architecture}-{weights}.tsv"
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        banks=config["table3"]["banks"],
        seed=SEED,
    script:
        "../scripts/table2_3/measure_coherence.py"


ALEXNET = {"architecture": "alexnet", "weights": "torchvision"}
VGG16_SPARSITY = expand(
    rules.measure_sparsity.output.sparsity, architecture="vgg16", weights=PLAN.weights
)
VGG16_COHERENCE = expand(
    rules.measure_coherence.output.coherence, architecture="vgg16", weights=PLAN.weights
)


rule write_table2:
    input:
        code=code("table2_3/write_table2"),
        paper=PAPER,
        sparsity=VGG16_SPARSITY,
    output:
        tables=table_files("table2"),
    log:
        "<logs>/write_table2.log",
    benchmark:
        "<benchmarks>/write_table2.tsv"
    script:
        "../scripts/table2_3/write_table2.py"


rule write_table3:
    input:
        code=code("table2_3/write_table3"),
        paper=PAPER,
        coherence=VGG16_COHERENCE,
    output:
        tables=table_files("table3"),
    log:
        "<logs>/write_table3.log",
    benchmark:
        "<benchmarks>/write_table3.tsv"
    script:
        "../scripts/table2_3/write_table3.py"


rule write_alexnet:
    input:
        code=code("table2_3/write_alexnet"),
        sparsity=rules.measure_sparsity.output.sparsity.format(**ALEXNET),
        coherence=rules.measure_coherence.output.coherence.format(**ALEXNET),
    output:
        tables=table_files("alexnet"),
    log:
        "<logs>/write_alexnet.log",
    benchmark:
        "<benchmarks>/write_alexnet.tsv"
    script:
        "../scripts/table2_3/write_alexnet.py"


TARGETS["table2"] = rules.write_table2.output
TARGETS["table3"] = rules.write_table3.output
TARGETS["alexnet"] = rules.write_alexnet.output
