#!/usr/bin/env bash
# Checks style, formatting, the walls between packages and the rules; see docs/contributing.md.
set -euo pipefail
cd "$(dirname "$0")"
./install.sh dev
.venv/bin/ruff check .
.venv/bin/ruff format --check .
# This folder's packages, whichever are installed in a .venv that several folders may share.
PYTHONPATH=src:workflow/lib .venv/bin/lint-imports
.venv/bin/snakefmt --check Snakefile workflow/rules
.venv/bin/snakemake --lint
