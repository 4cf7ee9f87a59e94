"""What a job asks a cluster for: wall time and memory, scaled from a run that was measured.

workflow/data/costs.csv has the largest job of each rule in a run of the default preset, on one CPU
core a job. Other settings are taken to need time in proportion to their work. No GPU was measured:
for one these times are upper bounds. To measure again, after a run that was not interrupted:

    PYTHONPATH=workflow/lib .venv/bin/python -m cnninvert.costs results/default
"""

import csv
import sys
from pathlib import Path
from typing import Any

COSTS = Path(__file__).parents[2] / "data" / "costs.csv"
COLUMNS = ("rule", "seconds", "MiB", "work", "batch")

TIMES = 4  # as long as estimated: other machines are slower, and other jobs run beside
SHORTEST, LONGEST = 10, 2 * 24 * 60  # minutes; many partitions take nothing longer
ROOM = 1.5  # as much memory as measured, which is looked at now and then only
LIBRARIES = 700  # MiB of any job with PyTorch, whatever it does
LEAST = 1000  # MiB
CUDA = 3000  # MiB of a process that uses a GPU, on top; a guess, like all that is said of GPUs
NEW = {"seconds": 900, "MiB": 2500, "work": 1, "batch": 1}  # of a rule that is not yet measured


class Costs:
    """What the largest job of a rule asks for with the settings ``config``."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.measured = read()
        self.work, self.batch, self.more = work(config), batch(config), more_memory(config)
        self.cuda = CUDA if config["device"] == "cuda" else 0

    def minutes(self, rule: str) -> int:
        """Wall time. What takes longer than LONGEST goes on in the next run from a checkpoint."""
        row = self.measured.get(rule, NEW)
        seconds = row["seconds"] * self.work.get(rule, 1) / row["work"]
        return min(max(round(TIMES * seconds / 60), SHORTEST), LONGEST)

    def megabytes(self, rule: str) -> int:
        """Memory."""
        row = self.measured.get(rule, NEW)
        own = max(row["MiB"] - LIBRARIES, 0) * self.batch.get(rule, 1) / row["batch"]
        total = ROOM * (min(row["MiB"], LIBRARIES) + own) + self.more.get(rule, 0)
        return round(max(total, LEAST)) + self.cuda


def work(config: dict[str, Any]) -> dict[str, float]:
    """How much the largest job of each rule does, in a unit of its own; 1 for those left out."""
    images, classify, decoder = config["images"], config["classify"], config["decoder"]
    reconstruct, codes, iht = config["reconstruct"], config["iht_codes"], config["iht_activations"]
    layers = config["figure3_layers"]
    places = layers["images"] * layers["side"] ** 2
    banks = 1 + reconstruct["filter_seeds"]
    networks = 1 + ("vgg16" in config["metrics"]["lpips"])
    longest = max(max(steps.values()) for steps in decoder["steps"].values())
    # Multiply-adds of a convolution go with the square of its channels and of its filters' size.
    grid = sum(c**2 for c in classify["channels"]) * sum(s**2 for s in classify["sizes"])
    largest = max(classify["channels"]) ** 2 * max(classify["sizes"]) ** 2
    final = classify["train_images"] * classify["final_epochs"] * largest
    variants = classify["variant_seeds"] * max(len(classify["variants"]), 1)
    searched = classify["search_images"] * classify["search_epochs"] * classify["folds"]
    return {
        "index_photographs": images["train"] + images["test"],
        "crop_photographs": images["train"] * images["crops"] + images["test"],
        "search_classifiers": searched * grid,
        "test_classifier": final * classify["seeds"],
        "vary_classifier": final * variants,
        "simulate_theory": config["theory"]["trials"] * config["theory"]["filters"],
        "measure_sparsity": config["sparsity"]["images"],
        "measure_coherence": config["coherence"]["seeds"],
        "extract_activations": images["test"],
        "sample_codes": config["rip"]["random_codes"],
        "recover_codes": config["rip"]["images"],
        "recover_layer_codes": places * (1 + len(layers["lambdas"])),
        "measure_activation_space": reconstruct["images"] * banks,
        "reconstruct_activations": images["test"] * banks,
        "reconstruct_iht": reconstruct["iht_images"] * reconstruct["iht_steps"],
        "reconstruct_codes": reconstruct["codes_images"],
        "train_decoder": longest * decoder["batch"] * decoder["crop"] ** 2,
        "decode_pictures": images["test"] * _methods(config) * networks,
        "evaluate_decoder": images["test"] * networks,
        "score_baselines": images["test"] * networks,
        "simulate_iht": codes["banks"]
        * codes["codes"]
        * codes["steps"]
        * codes["channels"] ** 2
        * codes["length"] ** 2
        * (len(codes["densities"]) + len(codes["expansions"])),
        "measure_iht": iht["images"]
        * (1 + iht["filter_seeds"])
        * (max(iht["steps"]) + iht["pursuit_steps"] * iht["cg_iterations"]),
    }


def batch(config: dict[str, Any]) -> dict[str, float]:
    """What a rule's memory grows with, beyond its libraries; 1 for those left out."""
    return {
        "measure_sparsity": config["sparsity"]["batch"],
        "recover_codes": config["rip"]["batch"],
        "recover_layer_codes": config["figure3_layers"]["images"],
        "measure_iht": config["iht_activations"]["batch"],
        "train_decoder": config["decoder"]["batch"] * config["decoder"]["crop"] ** 2,
        "decode_pictures": _methods(config),
    }


def more_memory(config: dict[str, Any]) -> dict[str, float]:
    """MB on top: what settings allow, and a run need not have used."""
    classify, lpips = config["classify"], config["metrics"]["lpips"]
    # Caches, and some ten maps of the first layer.
    maps = 10 * 4 * classify["batch"] * max(classify["channels"]) * 32**2
    caches = 1000 * classify["cache_gb"] + maps / 10**6
    # The Gram matrix of ridge regression, its factor and a copy of it, in float64.
    gram = 3 * 8 * classify["train_images"] ** 2 if "ridge" in classify["variants"] else 0
    scored = dict.fromkeys(
        ("decode_pictures", "evaluate_decoder", "score_baselines"), 2000 * ("vgg16" in lpips)
    )
    return scored | {
        "search_classifiers": caches,
        "test_classifier": caches,
        "vary_classifier": caches + gram / 10**6,
    }


def _methods(config: dict[str, Any]) -> int:
    """Pictures that are decoded of one photograph, all in one batch."""
    return 12 + 2 * config["reconstruct"]["filter_seeds"]


def read() -> dict[str, dict[str, float]]:
    """The measured costs by rule."""
    with COSTS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["rule"]: {name: float(row[name]) for name in COLUMNS[1:]} for row in rows}


def measure(results: str) -> None:
    """Replace the rows of those rules that the run in the folder ``results`` has measured."""
    from cnninvert.manifest import read_manifest
    from cnninvert.timings import benchmarks

    config = read_manifest(results)["config"]
    costs = read() if COSTS.exists() else {}
    for rule, row in benchmarks(results).groupby("rule").max().iterrows():
        amounts = work(config).get(rule, 1), batch(config).get(rule, 1)
        values = row["seconds"], round(row["MiB"]), *amounts
        costs[rule] = dict(zip(COLUMNS[1:], values, strict=True))
    with COSTS.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for rule in sorted(costs):
            writer.writerow((rule, *map("{:g}".format, costs[rule].values())))


if __name__ == "__main__":
    measure(sys.argv[1])
