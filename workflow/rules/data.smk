"""Data sets and weights: fetched once, checked by content, shared by all presets.

What is downloaded is checked by sha256, so a change in the library cannot change it: these rules,
alone among all, do not name it as an input, and editing it fetches nothing again. Where a file was
fetched from does not matter either, so the sources are a resource: a param would fetch it again.
"""


rule download_cifar10:
    output:
        cifar10=f"{DATA}/cifar10.h5",
    log:
        "results/data/logs/download_cifar10.log",
    benchmark:
        "results/data/benchmarks/download_cifar10.tsv"
    localrule: True
    resources:
        sources=SOURCES,
    script:
        "../scripts/download_cifar10.py"


rule download_weights:
    output:
        weights=f"{DATA}/weights/{{architecture}}-{{weights}}.safetensors",
    log:
        "results/data/logs/download_weights/{architecture}-{weights}.log",
    benchmark:
        "results/data/benchmarks/download_weights/{architecture}-{weights}.tsv"
    localrule: True
    resources:
        sources=SOURCES,
    script:
        "../scripts/download_weights.py"


rule download_lpips:
    output:
        heads=f"{DATA}/weights/lpips-{{architecture}}.safetensors",
    log:
        "results/data/logs/download_lpips/{architecture}.log",
    benchmark:
        "results/data/benchmarks/download_lpips/{architecture}.tsv"
    localrule: True
    resources:
        sources=SOURCES,
    script:
        "../scripts/download_lpips.py"


rule adopt_weights:
    input:
        code=code("adopt_weights"),
        file=weights_file,
    output:
        weights=f"{R}/weights/vgg16-{{weights}}.safetensors",
    log:
        f"{R}/logs/adopt_weights/{{weights}}.log",
    benchmark:
        f"{R}/benchmarks/adopt_weights/{{weights}}.tsv"
    resources:
        mem_mb=memory,
        runtime=wall_time,
    params:
        preprocessing=weights_preprocessing,
    script:
        "../scripts/adopt_weights.py"


rule download_photographs:
    output:
        folder=directory(f"{DATA}/photographs"),
    log:
        "results/data/logs/download_photographs.log",
    benchmark:
        "results/data/benchmarks/download_photographs.tsv"
    localrule: True
    script:
        "../scripts/download_photographs.py"


rule index_photographs:
    input:
        code=code("index_photographs"),
        folder=photographs_folder,
    output:
        index=f"{R}/images/photographs.csv",
    log:
        f"{R}/logs/index_photographs.log",
    benchmark:
        f"{R}/benchmarks/index_photographs.tsv"
    priority: 100  # a bad image is found before any long work starts
    resources:
        mem_mb=memory,
        runtime=wall_time,
    params:
        # A folder's own date does not change with the files in its sub-folders.
        content=lambda _wildcards: folder_digest(config["images"]["root"]),
        train=config["images"]["train"],
        test=config["images"]["test"],
        seed=config["seed"],
    script:
        "../scripts/index_photographs.py"


rule crop_photographs:
    input:
        code=code("crop_photographs"),
        folder=photographs_folder,
        index=f"{R}/images/photographs.csv",
    output:
        photographs=f"{R}/images/photographs.h5",
    log:
        f"{R}/logs/crop_photographs.log",
    benchmark:
        f"{R}/benchmarks/crop_photographs.tsv"
    resources:
        mem_mb=memory,
        runtime=wall_time,
    params:
        crops=config["images"]["crops"],
        seed=config["seed"],
    script:
        "../scripts/crop_photographs.py"
