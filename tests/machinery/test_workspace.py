"""The folders of a run: whether they can be written to, and by whom."""

import subprocess
import sys
from pathlib import Path

from machinery.workspace import check_writable, claim

LIBRARY = Path(__file__).parents[2] / "workflow" / "lib"


def test_folders_that_cannot_be_written_to(refuse, tmp_path):
    check_writable(tmp_path / "results" / "tiny")
    (tmp_path / "results").touch()
    sentence = refuse("a file where a folder is to be", check_writable, tmp_path / "results/tiny")
    assert sentence.startswith(f"{tmp_path}/results: ")
    (tmp_path / "results").unlink()
    (tmp_path / "results").symlink_to(tmp_path / "nowhere")
    refuse("a file where a folder is to be", check_writable, tmp_path / "results" / "tiny")


def test_a_folder_is_one_runs_until_its_process_ends(refuse, tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from machinery.workspace import claim; "
        f"claim(Path({str(tmp_path)!r})); print('mine', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, env={"PYTHONPATH": str(LIBRARY)}
    )
    assert other.stdout.readline() == b"mine\n"
    refuse("another run is at work there", claim, tmp_path)
    other.kill()
    other.wait()
    claim(tmp_path)


def test_a_disk_that_is_full_or_read_only_is_found_at_the_start(mounted, refuse, tmp_path):
    mounted(tmp_path, "size=300k")
    refuse("the disk is full; make room there", check_writable, tmp_path / "results" / "tiny")
    mounted(tmp_path, "size=10m,nr_inodes=1")
    refuse("the disk is full; make room there", check_writable, tmp_path / "results" / "tiny")
    mounted(tmp_path, "size=10m,nr_inodes=100")
    check_writable(tmp_path / "results" / "tiny")
    mounted(tmp_path, "ro")
    refuse("make it writable, or run in another folder", check_writable, tmp_path / "results")
