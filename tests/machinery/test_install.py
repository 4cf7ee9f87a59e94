"""install.sh makes .venv once, and again where it cannot work."""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Makes a .venv whose programs name their folder, as venv does, and installs nothing.
PYTHON = """#!/bin/sh
[ "$2" = venv ] || exit 0
echo made >> made
mkdir -p .venv/bin
echo "#!$(pwd -P)/.venv/bin/python" > .venv/bin/pip
cp "$0" .venv/bin/python
"""


def install(folder: Path) -> int:
    """Run install.sh in ``folder``; how often a .venv was made there."""
    environment = {**os.environ, "PYTHON": str(folder.parent / "python")}
    subprocess.run([folder / "install.sh"], env=environment, check=True, capture_output=True)
    return (folder / "made").read_text().count("made")


def test_an_environment_that_was_moved_or_lost_its_python_is_made_again(tmp_path):
    (tmp_path / "python").write_text(PYTHON)
    (tmp_path / "python").chmod(0o755)
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("install.sh", "constraints.txt", "requirements.txt"):
        shutil.copy(ROOT / name, folder)
    assert install(folder) == 1
    assert install(folder) == 1
    folder = folder.rename(tmp_path / "renamed")
    assert install(folder) == 2
    (folder / ".venv" / "bin" / "python").unlink()
    assert install(folder) == 3
    assert install(folder) == 3
