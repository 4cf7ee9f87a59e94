#!/usr/bin/env bash
# Sets everything up and runs the pipeline. Arguments go to snakemake: ./run.sh figure3, ./run.sh -n
set -euo pipefail
cd "$(dirname "$0")"
./install.sh
exec .venv/bin/snakemake --cores "${CORES:-$(nproc)}" "$@"
