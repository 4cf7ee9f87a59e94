"""``python -m cnninvert``: the command ``cnninvert``."""

import sys

from cnninvert.command import main

if __name__ == "__main__":
    sys.exit(main())
