#!/usr/bin/env bash
# Sets everything up and runs the tests, in three processes, as they wait a third of their time.
# Arguments go to pytest:
#   ./test.sh tests/library       some of them
#   ./test.sh -n 0 -x             in one process, up to the first failure
set -euo pipefail
cd "$(dirname "$0")"
./install.sh dev
exec .venv/bin/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --durations 10 "$@"
