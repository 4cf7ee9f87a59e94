"""Work in parts goes on after the last whole part, and uses nothing that is not its own."""

import pickle

import numpy as np
import pytest

from machinery.checkpoints import Checkpoints

IDENTITY = {"params": {"lambda": 0.1, "seed": 0}, "input": ["a1", "b2"]}
PARTS = [(0, "learned"), (0, "gaussian"), (2, "learned"), (2, "gaussian")]


class Killed(BaseException):
    pass


@pytest.fixture
def run(tmp_path):
    """Do the work, up to the part where it is killed if any; returns what was computed, and all."""

    def run(killed_at=None, identity=IDENTITY, parts=PARTS):
        computed = []

        def work(part):
            if part == killed_at:
                raise Killed
            computed.append(part)
            start, bank = part
            values = np.arange(5, dtype=np.float32) / 3 + start
            return {"z": values.reshape(5, 1), bank: values > 1, "steps": np.array(start)}

        try:
            checkpoints = Checkpoints(tmp_path / "state", identity, "")
            found = list(checkpoints.parts(parts, work, "parts"))
        except Killed:
            found = None
        return computed, found

    return run


def same(found, others):
    for (part, arrays), (other, expected) in zip(found, others, strict=True):
        assert part == other and list(arrays) == list(expected)
        for name, array in arrays.items():
            assert array.dtype == expected[name].dtype and array.shape == expected[name].shape
            assert (array == expected[name]).all()
    return True


@pytest.mark.parametrize("killed_at", PARTS)
def test_a_killed_job_goes_on_after_its_last_part(run, killed_at):
    done, _ = run(killed_at)
    rest, found = run()
    assert done + rest == PARTS
    computed, again = run()
    assert computed == [] and same(again, found)


def test_a_kill_while_a_part_is_written(run, tmp_path):
    _, found = run()
    (tmp_path / "state" / "000002.npz").unlink()
    half = tmp_path / "state" / ".000002.npz.x.part.npz"
    half.write_bytes(b"PK half")
    computed, again = run()
    assert computed == PARTS[2:] and same(again, found)
    assert not half.exists()


@pytest.mark.parametrize("where", [b"PK", b"NUMPY", np.float32(1 / 3).tobytes(), None])
def test_a_damaged_part_is_computed_again(run, tmp_path, caplog, where):
    _, found = run()
    path = tmp_path / "state" / "000001.npz"
    content = bytearray(path.read_bytes())
    if where:
        content[content.index(where)] ^= 0xFF
    else:
        del content[-30:]
    path.write_bytes(content)
    computed, again = run()
    assert computed == PARTS[1:] and same(again, found)
    assert "000001.npz: it cannot be read and is not used" in caplog.text


@pytest.mark.parametrize(
    "other",
    [
        {"params": {"lambda": 0.2, "seed": 0}},
        {"input": ["a1", "b3"]},
        {"input": ["b2", "a1"]},
        {"gpu": 1},
    ],
    ids=["params", "an input or the code", "order", "device"],
)
def test_parts_of_another_identity_are_not_used(run, other):
    run()
    computed, _ = run(identity=IDENTITY | other)
    assert computed == PARTS
    computed, _ = run()
    assert computed == PARTS


def test_nothing_is_unpickled(run, tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("sprung").touch, ())

    run()
    (tmp_path / "state" / "000000.npz").write_bytes(pickle.dumps(Trap()))
    np.savez(tmp_path / "state" / "000001.npz", z=np.array([Trap()], dtype=object))
    computed, _ = run()
    assert computed == PARTS
    assert not (tmp_path / "sprung").exists()


def test_objects_are_refused(tmp_path):
    with pytest.raises(TypeError, match="pickle"):
        list(Checkpoints(tmp_path, {}, "").parts([0], lambda _: {"z": np.array([{}])}, "parts"))


def test_a_sub_folder_and_the_end(run, tmp_path):
    run()
    checkpoints = Checkpoints(tmp_path / "state", IDENTITY, "c0de")
    inner = checkpoints.within("after")
    assert inner.folder == tmp_path / "state" / "after"
    assert (inner.identity, inner.code) == (IDENTITY, "c0de")
    checkpoints.remove()
    assert not (tmp_path / "state").exists()
    checkpoints.remove()  # of a job that had none
