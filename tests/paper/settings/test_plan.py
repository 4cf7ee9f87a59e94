"""What is made of a user's picture is called by its name and its content."""

import re

import pytest

from machinery.errors import InputError
from paper.settings.plan import picture_name


def test_a_name_that_any_file_system_and_shell_takes(tmp_path):
    for given, kept in {
        **{"holiday.jpg": "holiday", "my ünï {photo}.v2.png": "my-ünï-photo-v2"},
        **{
            "...!.png": "picture",
            "x" * 200 + ".jpg": "x" * 40,
            "a_pool4_known.jpg": "a_pool4_known",
        },
    }.items():
        path = tmp_path / given
        path.write_bytes(b"a picture")
        name = picture_name(str(path))
        assert re.fullmatch(r"[\w-]+", name)
        assert name.rpartition("-")[0] == kept


def test_neither_a_namesake_nor_a_new_version_has_the_same_name(tmp_path):
    names = set()
    for folder, content in (("a", b"1"), ("b", b"2"), ("b", b"3")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "x.jpg").write_bytes(content)
        names.add(picture_name(str(tmp_path / folder / "x.jpg")))
    assert len(names) == 3
    (tmp_path / "x.jpg").write_bytes(b"1")
    assert picture_name(str(tmp_path / "x.jpg")) in names


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match=r"picture\.file = .*directory"):
        picture_name(str(tmp_path))
