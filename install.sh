#!/usr/bin/env bash
# Makes .venv and installs the tested packages into it, and this project's library and command
# (editable: they are those of this folder); does nothing when all is up to date.
#   ./install.sh        what the pipeline needs
#   ./install.sh dev    and what the tests need
#   ./install.sh bench  and what the benchmarks compare ours with
# PYTHON names another interpreter (3.11 or newer).
set -euo pipefail
cd "$(dirname "$0")"

wanted=(requirements.txt)
[ -n "${1:-}" ] && wanted+=("requirements-$1.txt")
stamp=.venv/installed-${1:-run}
sum=$(cat install.sh constraints.txt "${wanted[@]}" | sha256sum | cut -d' ' -f1)
# Programs in .venv name their folder: one that was moved or copied does not work, nor does one whose
# Python is gone.
works() {
    grep -qsF "$(pwd -P)/.venv/bin/" .venv/bin/pip && .venv/bin/python -c 'import pip' 2>/dev/null
}
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ] && works && exit 0

python=
for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "install.sh: no Python 3.11 or newer was found; install one, or name it: PYTHON=/path/to/python ./install.sh" >&2
    exit 1
fi
if ! works; then
    rm -rf .venv
    "$python" -m venv .venv || {
        rm -rf .venv
        echo "install.sh: $python cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2
        exit 1
    }
fi
echo "Installing packages into .venv (about 6 GB with PyTorch; minutes on a fast line) ..." >&2
arguments=()
for file in "${wanted[@]}"; do arguments+=(-r "$file"); done
.venv/bin/python -m pip install --quiet --disable-pip-version-check --progress-bar off \
    -c constraints.txt "${arguments[@]}" 2> >(grep -v '^WARNING: Location' >&2)
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
echo "$sum" > "$stamp"
