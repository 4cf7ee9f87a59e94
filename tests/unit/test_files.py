"""Files are written whole or not at all; what comes from outside is checked."""

import hashlib
import io
import pickle
import tarfile
import zipfile

import pytest

from cnninvert import fetch
from cnninvert.errors import InputError
from cnninvert.files import check_sha256, scratch_folder, sha256, whole
from cnninvert.weights import read_pickled_arrays


def test_whole_replaces_the_file_at_the_end(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with whole(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
        assert part.suffix == ".csv"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_whole_leaves_the_old_file_when_the_block_fails(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError), whole(path) as part:
        part.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_checksum(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"content")
    digest = hashlib.sha256(b"content").hexdigest()
    assert sha256(path) == digest
    check_sha256(path, digest, "here")
    with pytest.raises(InputError, match="damaged"):
        check_sha256(path, "0" * 64, "here")


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


def test_a_truncated_archive(tmp_path):
    archive = tmp_path / "a.tgz"
    with tarfile.open(archive, "w:gz") as file:
        file.add(__file__, "x")
    archive.write_bytes(archive.read_bytes()[:200])
    with pytest.raises(InputError, match="cannot be unpacked"):
        fetch.unpack(archive, tmp_path)


class Evil:
    def __reduce__(self):
        return print, ("this ran",)


def test_a_pickle_that_runs_code_is_refused(tmp_path, capsys):
    path = tmp_path / "w.ckpt"
    path.write_bytes(pickle.dumps({"a": Evil()}))
    with pytest.raises(InputError, match="refused"):
        read_pickled_arrays(path)
    assert capsys.readouterr().out == ""


def test_a_pickle_of_arrays_is_read(tmp_path):
    import numpy as np

    path = tmp_path / "w.ckpt"
    array = np.arange(6, dtype="f4").reshape(2, 3)
    path.write_bytes(pickle.dumps({"a": {"b": array}}, protocol=3))
    assert (read_pickled_arrays(path)["a"]["b"] == array).all()
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="no readable pickle"):
        read_pickled_arrays(path)


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path):
    left = tmp_path / ".a.csv.x7.part.csv"
    left.write_text("half")
    other = tmp_path / ".a-curves.csv.x7.part.csv"
    other.write_text("another writer's")
    with whole(tmp_path / "a.csv") as part:
        part.write_text("new")
    assert not left.exists() and other.exists()

    with scratch_folder(tmp_path / "scratch") as scratch:
        (scratch / "x").touch()
    assert not scratch.exists()
