"""Long work in parts, whose results are kept: a job that was killed goes on after the last one."""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from cnninvert.files import whole
from cnninvert.progress import progress

log = logging.getLogger("cnninvert")
Arrays = dict[str, np.ndarray]
T = TypeVar("T")
IDENTITY = "identity"  # beside the results in each file


def resumable(
    parts: Sequence[T],
    work: Callable[[T], Arrays],
    state: Path,
    identity: dict[str, Any],
    what: str,
) -> Iterator[tuple[T, Arrays]]:
    """Yield each of ``parts`` with what ``work`` makes of it, arrays by name.

    Each result is written to a file in ``state`` before it is yielded. A later call of the same
    ``identity``, which is all that the results depend on, reads them up to the first that is not
    there or damaged, and goes on with ``work``. Whoever has written what came of them forgets
    ``state``.
    """
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
    paths = [state / f"{number:06}.npz" for number in range(len(parts))]
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


def _write(path: Path, digest: str, found: Arrays) -> None:
    if any(array.dtype.hasobject for array in found.values()):
        raise TypeError("numpy would pickle objects, and _read unpickles nothing")
    with whole(path) as file:
        np.savez(file, **{IDENTITY: np.array(digest)}, **found)


def _read(path: Path, digest: str) -> Arrays | None:
    """The arrays in ``path``; None if they cannot be used. The format has checksums of its own."""
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            found = dict(file)
        known = str(found.pop(IDENTITY)) == digest
    # Whatever a damaged file makes of itself.
    except Exception as error:
        log.warning("%s: it cannot be read and is not used (%s)", path, type(error).__name__)
        return None
    if not known:
        log.info("%s: it belongs to other settings and is not used", path)
    return found if known else None
