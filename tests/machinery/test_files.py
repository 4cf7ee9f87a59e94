"""Files are written whole or not at all, and known by their checksums."""

import hashlib

import pytest

from machinery.errors import InputError
from machinery.files import (
    atomic_folder,
    atomic_write,
    check_sha256,
    read_csv,
    scratch_folder,
    sha256,
)


def test_the_file_is_replaced_at_the_end(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with atomic_write(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
        assert part.suffix == ".csv"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_block_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic_write(path) as part:
        part.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_replaced_at_the_end_or_not_at_all(tmp_path):
    path = tmp_path / "gallery"
    path.mkdir()
    (path / "old.txt").touch()
    with pytest.raises(RuntimeError), atomic_folder(path) as folder:
        (folder / "half.txt").touch()
        raise RuntimeError
    assert list(tmp_path.rglob("*")) == [path, path / "old.txt"]
    with atomic_folder(path) as folder:
        (folder / "new.txt").touch()
        assert (path / "old.txt").exists()
    assert list(tmp_path.rglob("*")) == [path, path / "new.txt"]


def test_checksum(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"content")
    digest = hashlib.sha256(b"content").hexdigest()
    assert sha256(path) == digest
    check_sha256(path, digest, "here")
    with pytest.raises(InputError, match="damaged"):
        check_sha256(path, "0" * 64, "here")


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path):
    left = tmp_path / ".a.csv.x7.part.csv"
    left.write_text("half")
    other = tmp_path / ".a-curves.csv.x7.part.csv"
    other.write_text("another writer's")
    with atomic_write(tmp_path / "a.csv") as part:
        part.write_text("new")
    assert not left.exists() and other.exists()

    with scratch_folder(tmp_path / "scratch") as scratch:
        (scratch / "x").touch()
    assert not scratch.exists()


def test_layers_that_are_called_by_numbers_keep_their_names(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("layer,share\n0.1,0.5\n0.10,0.25\n2,1\n")
    table = read_csv(path)
    assert table["layer"].tolist() == ["0.1", "0.10", "2"]
    assert table["share"].tolist() == [0.5, 0.25, 1]
