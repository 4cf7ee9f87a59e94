#!/usr/bin/env bash
# The documentation.
#   ./docs.sh          builds the site into site/; warnings are errors
#   ./docs.sh fill     fills README.md and docs/ with the numbers in docs/<run>
#   ./docs.sh check    fails if that would change anything
#   ./docs.sh collect results/default   takes what docs/default shows from that run
#   ./docs.sh serve    shows the site while you write
set -euo pipefail
cd "$(dirname "$0")"
./install.sh dev
mapfile -t filled < <(grep -lrF --include='*.md' '[[[cog' README.md docs)
case "${1:-build}" in
    collect) exec .venv/bin/python docs/collect.py "${@:2}" ;;
    fill) exec .venv/bin/cog -rP -I docs --verbosity=1 "${filled[@]}" ;;
    check) exec .venv/bin/cog -P -I docs --verbosity=0 --check --diff \
        --check-fail-msg="run ./docs.sh fill" "${filled[@]}" ;;
    *) exec .venv/bin/mkdocs "${1:-build}" ;;
esac
