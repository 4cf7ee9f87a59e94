"""A job's checkpoints: one that was killed goes on where it was."""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from machinery.files import atomic_write, remove_checkpoints
from machinery.progress import progress

log = logging.getLogger("cnninvert")
Arrays = dict[str, np.ndarray]
T = TypeVar("T")
IDENTITY = "identity"  # beside the results in each file


@dataclass(frozen=True)
class Checkpoints:
    """The folder of a job's checkpoints, and what must be the same for them to be used.

    ``identity``: all that the job's results depend on. ``code``: the SHA-256 of its code alone.
    The folder is not a declared output, for Snakemake deletes the outputs of a job it restarts.
    """

    folder: Path
    identity: dict[str, Any]
    code: str

    def parts(
        self, parts: Sequence[T], work: Callable[[T], Arrays], what: str
    ) -> Iterator[tuple[T, Arrays]]:
        """Yield each of ``parts`` with what ``work`` makes of it, arrays by name.

        Each result is written to a file before it is yielded. A later job of the same identity
        reads them up to the first that is missing or damaged, and goes on with ``work``.
        """
        digest = hashlib.sha256(json.dumps(self.identity, sort_keys=True).encode()).hexdigest()
        paths = [self.folder / f"{number:06}.npz" for number in range(len(parts))]
        done = 0
        while done < len(parts) and (found := _read(paths[done], digest)) is not None:
            yield parts[done], found
            done += 1
        if done:
            log.info("going on after %d of %d %s", done, len(parts), what)
        for part, path in progress(list(zip(parts, paths, strict=True))[done:], what):
            found = work(part)
            _write(path, digest, found)
            yield part, found

    def within(self, name: str) -> "Checkpoints":
        """Those in a sub-folder."""
        return replace(self, folder=self.folder / name)

    def remove(self) -> None:
        """Delete them: the job's results are written."""
        remove_checkpoints(self.folder)


def _write(path: Path, digest: str, found: Arrays) -> None:
    if any(array.dtype.hasobject for array in found.values()):
        raise TypeError("numpy would pickle objects, and _read unpickles nothing")
    with atomic_write(path) as file:
        np.savez(file, **{IDENTITY: np.array(digest)}, **found)


def _read(path: Path, digest: str) -> Arrays | None:
    """The arrays in ``path``; None if they cannot be used. The format has checksums of its own."""
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            found = dict(file)
        known = str(found.pop(IDENTITY)) == digest
    # Whatever exception a damaged file leads to.
    except Exception as error:
        log.warning("%s: it cannot be read and is not used (%s)", path, type(error).__name__)
        return None
    if not known:
        log.info("%s: it belongs to other settings and is not used", path)
    return found if known else None
