#!/usr/bin/env bash
# Sets everything up and runs the tests. Arguments go to pytest: ./test.sh tests/library
set -euo pipefail
cd "$(dirname "$0")"
./install.sh dev
exec .venv/bin/python -m pytest "$@"
