#!/usr/bin/env bash
# Measures what docs/beyond, docs/networks, docs/theory and parts of docs/inversion show, into
# results/beyond; presets/inversion_96.yaml has the commands for its pictures.
#   docs/measure.sh [OXFORD]    with the paper's own weights (docs/data.md), if their file is given
#   ./docs.sh collect results/beyond && ./docs.sh fill
set -euo pipefail
cd "$(dirname "$0")/.."

# measure TARGET ... --config SECTION ...
measure() {
    .venv/bin/snakemake --cores "${CORES:-$(nproc)}" "$@" --configfile presets/beyond.yaml
}

vgg_layers="[relu1_1, relu1_2, pool1, relu2_2, pool2, relu3_1, relu3_3, pool3, relu4_3, pool4, relu5_3, pool5]"
one_photograph="images: 1"
# AlexNet's first layers need larger pictures, whose Jacobians are too large to be kept.
large="$one_photograph, side: 64, probes: 2"

measure figure3_layers coherence model_rip one_step audit layer_by_layer horizon --config "horizon={layers: $vgg_layers}"
measure audit horizon --config "network={random: 0}" "horizon={layers: $vgg_layers, $one_photograph}"
measure audit horizon --config "network={name: alexnet}" "horizon={$large}"
measure horizon --config "network={name: alexnet, random: 0}" "horizon={$large}"
measure audit horizon --config "network={name: efficientnet-lite0}" "horizon={$one_photograph}"
if [ $# -gt 0 ]; then
    weights=results/beyond/oxford_rgb.safetensors
    .venv/bin/python docs/theory/oxford.py "$1" "$weights"
    measure audit --config "network={file: docs/theory/oxford.py, weights: $weights, size: 224, \
mean: [0.4850, 0.4580, 0.4076], std: [0.00392157, 0.00392157, 0.00392157]}"
fi
# A step of these walks takes ten seconds of a core, with switches twenty.
measure witnesses --config "witnesses={known: [values], images: 4}"
measure witnesses --config "witnesses={known: [both], images: 2, steps: 20}"
