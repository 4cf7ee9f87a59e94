"""What differs between two runs: settings, inputs, versions, tables (by how much), figures.

    .venv/bin/python workflow/compare.py results/default results/other

Both are folders of a preset, here or in another copy of the project, with their manifest.json.
Ends with 0 if all tables are identical, 1 if some differ, 2 if a folder cannot be compared.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "lib"))

# isort: split
from cnninvert.comparison import compare
from cnninvert.errors import InputError


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    options = parser.parse_args(arguments)
    try:
        lines, agree = compare(options.first, options.second)
    except (InputError, OSError) as error:
        print(f"compare.py: {error}", file=sys.stderr)
        return 2
    print("\n".join(lines))
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
