"""Data sets and weights: fetched once, checked by content, shared by all presets.

What is downloaded is checked by sha256, so a change in the library cannot change it: these rules,
alone among all, do not name it as an input, and editing it fetches nothing again. Where a file was
fetched from does not matter either, so the sources are a resource: a param would fetch it again.
"""

SOURCES = ",".join(config["data"]["sources"])


rule download_cifar10:
    output:
        path="<data>/cifar10.h5",
    log:
        "<data>/logs/download_cifar10.log",
    benchmark:
        "<data>/benchmarks/download_cifar10.tsv"
    localrule: True
    resources:
        sources=SOURCES,
    script:
        "../scripts/data/download_cifar10.py"


rule download_weights:
    output:
        path="<data>/weights/{architecture}-{weights}.safetensors",
    log:
        "<data>/logs/download_weights/{architecture}-{weights}.log",
    benchmark:
        "<data>/benchmarks/download_weights/{architecture}-{weights}.tsv"
    localrule: True
    resources:
        sources=SOURCES,
    script:
        "../scripts/data/download_weights.py"


rule download_photographs:
    output:
        path=directory("<data>/photographs"),
    log:
        "<data>/logs/download_photographs.log",
    benchmark:
        "<data>/benchmarks/download_photographs.tsv"
    localrule: True
    script:
        "../scripts/data/download_photographs.py"


rule import_weights:
    input:
        code=code("data/import_weights"),
        file=lambda wildcards: expand_path(weights_entry(wildcards)["path"]),
    output:
        path="<results>/weights/vgg16-{weights}.safetensors",
    log:
        "<logs>/import_weights/{weights}.log",
    benchmark:
        "<benchmarks>/import_weights/{weights}.tsv"
    wildcard_constraints:
        weights=one_of(config["weights"]["files"]),
    params:
        preprocessing=lambda wildcards: weights_entry(wildcards)["preprocessing"],
    script:
        "../scripts/data/import_weights.py"


rule index_photographs:
    input:
        code=code("data/index_photographs"),
        folder=photographs_folder,
    output:
        index="<results>/images/photographs.csv",
    log:
        "<logs>/index_photographs.log",
    benchmark:
        "<benchmarks>/index_photographs.tsv"
    priority: 100  # a bad image is found before any long work starts
    resources:
        # Not a param, for what is shown changes nothing that is computed.
        shown=config["figure4"]["photographs"] or "*",
    params:
        # A folder's own date does not change with the files in its sub-folders.
        content=lambda _wildcards: folder_digest(config["images"]["root"]),
        train=config["images"]["train"],
        test=config["images"]["test"],
        seed=SEED,
    script:
        "../scripts/data/index_photographs.py"


rule crop_photographs:
    input:
        code=code("data/crop_photographs"),
        folder=photographs_folder,
        index=rules.index_photographs.output.index,
    output:
        photographs="<results>/images/photographs.h5",
    log:
        "<logs>/crop_photographs.log",
    benchmark:
        "<benchmarks>/crop_photographs.tsv"
    params:
        crops=config["images"]["crops"],
        seed=SEED,
    script:
        "../scripts/data/crop_photographs.py"


rule extract_activations:
    input:
        code=code("data/extract_activations"),
        photographs=rules.crop_photographs.output.photographs,
        weights=network_weights,
    output:
        activations="<results>/activations/{weights}.h5",
    log:
        "<logs>/extract_activations/{weights}.log",
    benchmark:
        "<benchmarks>/extract_activations/{weights}.tsv"
    wildcard_constraints:
        weights=one_of(PLAN.weights),
    threads: several_threads
    resources:
        gpu=gpus,
        gres=gres,
    params:
        layers=lambda wildcards: PLAN.activations(config, wildcards.weights),
    script:
        "../scripts/data/extract_activations.py"


CIFAR10 = rules.download_cifar10.output.path
PHOTOGRAPHS = rules.crop_photographs.output.photographs
ACTIVATIONS = rules.extract_activations.output.activations
