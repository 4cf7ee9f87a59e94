"""Downloads of CIFAR-10 that are not what they should be leave nothing, and may be repeated."""

import io
import tarfile

import h5py
import numpy as np
import pytest

from paper.data import cifar10


def archive_of_cifar10(cut=0):
    """An archive like the official one, of 20 images a batch; the last lacks ``cut`` bytes."""
    rng, packed = np.random.default_rng(0), io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as file:
        for name in [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]:
            records = rng.integers(0, 10, (20, 3073), dtype=np.uint8).tobytes()
            content = records[: len(records) - cut * (name == "test_batch.bin")]
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("how", "body", "words"),
    [
        ("cut", archive_of_cifar10(), "broke off"),
        ("chunks", archive_of_cifar10(), "broke off"),
        ("missing", b"", "Not Found"),
        ("whole", archive_of_cifar10()[:-3000], "cannot be unpacked"),
        ("whole", b"<html>please log in</html>", "cannot be unpacked"),
        ("whole", b"", "cannot be unpacked"),
        (
            "whole",
            archive_of_cifar10(cut=7),
            "test_batch.bin of CIFAR-10's official archive is",
        ),
        ("whole", archive_of_cifar10(), "are not CIFAR-10's"),
    ],
    ids=["cut", "chunks", "404", "truncated", "page", "empty", "short-batch", "other-content"],
)
def test_bad_downloads(server, how, body, words, refuse, tmp_path, monkeypatch):
    handler, address = server
    monkeypatch.setattr(cifar10, "OFFICIAL", address)
    path = tmp_path / "data" / "cifar10.h5"
    path.parent.mkdir()

    def download(number):
        # The scratch folder, which a job removes, is elsewhere.
        scratch = tmp_path.with_name(f"{tmp_path.name}-scratch-{number}")
        scratch.mkdir()
        cifar10.download(path, ["official"], scratch)

    handler.body, handler.how = body, how
    refuse(words, download, 1)
    # Once the source serves what it should, the download succeeds.
    handler.body, handler.how = archive_of_cifar10(), "whole"
    digests = []
    monkeypatch.setattr(cifar10, "content_sha256", lambda _: digests.append(0) or "right")
    monkeypatch.setattr(cifar10, "CONTENT_SHA256", "right")
    download(2)
    assert digests and list(path.parent.iterdir()) == [path]
    assert h5py.File(path)["test_images"].shape == (20, 3, 32, 32)
