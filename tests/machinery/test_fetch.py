"""Downloads and archives: the first source that works, and nothing that lands elsewhere."""

import contextlib
import io
import os
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import psutil
import pytest

from machinery import fetch
from machinery.errors import InputError

LIBRARY = Path(__file__).parents[2] / "workflow" / "lib"


def test_sources_are_tried_in_order():
    tried = []

    def fails():
        tried.append("official")
        raise InputError("no route.")

    sources = {"mirror": lambda: tried.append("mirror"), "official": fails}
    assert fetch.first_that_works("it", sources, ["official", "mirror"]) == "mirror"
    assert tried == ["official", "mirror"]
    with pytest.raises(InputError, match="no route"):
        fetch.first_that_works("it", sources, ["official"])


def test_an_unreachable_address(tmp_path):
    with pytest.raises(InputError, match="localhost"):
        fetch.url("http://localhost:9/x", tmp_path / "x")


def test_a_wrong_checksum(server, refuse, tmp_path):
    handler, address = server
    handler.body = b"something else"
    (tmp_path / "file").touch()
    refuse("the file's sha256 is", fetch.url, address, tmp_path / "file", "0" * 64)


def test_an_archive_that_points_outside(tmp_path):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("../evil", "x")
    folder = tmp_path / "in"
    folder.mkdir()
    with pytest.raises(InputError, match="points outside"):
        fetch.unpack(archive, folder)
    assert not (tmp_path / "evil").exists()

    archive = tmp_path / "a.tar"
    with tarfile.open(archive, "w") as file:
        member = tarfile.TarInfo("../evil")
        file.addfile(member, io.BytesIO(b""))
    with pytest.raises(InputError, match="cannot be unpacked"):
        fetch.unpack(archive, folder)
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/../../evil", "../in-and-out/evil"])
def test_archives_with_members_outside(name, refuse, tmp_path):
    zipped, tarred, folder = tmp_path / "a.zip", tmp_path / "a.tar", tmp_path / "in"
    folder.mkdir()
    with zipfile.ZipFile(zipped, "w") as file:
        file.writestr(name, "x")
    with tarfile.open(tarred, "w") as file:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, name
        file.addfile(link)
    refuse("points outside", fetch.unpack, zipped, folder)
    refuse("cannot be unpacked", fetch.unpack, tarred, folder)


def test_a_truncated_archive(tmp_path):
    archive = tmp_path / "a.tgz"
    with tarfile.open(archive, "w:gz") as file:
        file.add(__file__, "x")
    archive.write_bytes(archive.read_bytes()[:200])
    with pytest.raises(InputError, match="cannot be unpacked"):
        fetch.unpack(archive, tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children")
def test_a_download_ends_with_its_job(tmp_path):
    """Or pip would go on, and write into a folder that the next job has removed."""
    program = tmp_path / "pip"
    program.write_text("#!/bin/sh\necho $$ > started\nexec sleep 100\n")
    program.chmod(0o755)
    code = f"from machinery import fetch; fetch._run([{str(program)!r}], 'it')"
    environment = os.environ | {"PYTHONPATH": str(LIBRARY)}
    with subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=environment) as job:
        started = tmp_path / "started"
        while not (started.exists() and started.read_text().endswith("\n")):
            time.sleep(0.02)
        job.kill()
    with contextlib.suppress(psutil.NoSuchProcess):  # it has ended already
        psutil.Process(int(started.read_text())).wait(timeout=10)
