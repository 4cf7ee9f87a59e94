"""Progress of long work as log lines with rate and time left."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from itertools import chain, count
from typing import TypeVar

log = logging.getLogger("cnninvert")
T = TypeVar("T")
EVERY = 10.0  # seconds


def progress(items: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """Iterate over ``items``, and log done, rate and time left every ten seconds at most."""
    if total is None and isinstance(items, Sized):
        total = len(items)
    start = last = time.monotonic()
    done = 0
    for item in items:
        yield item
        done += 1
        now = time.monotonic()
        if now - last >= EVERY and done != total:  # the line at the end says as much
            last = now
            rate = done / (now - start)
            left = f", {_duration((total - done) / rate)} left" if total else ""
            of = f"/{total}" if total else ""
            pace = f"{rate:.3g}/s" if rate >= 0.1 else f"{_duration(1 / rate)} each"
            log.info("%s: %d%s (%s%s)", what, done, of, pace, left)
    log.info("%s: %d in %s", what, done, _duration(time.monotonic() - start))


def counter(total: int, what: str) -> Callable[..., None]:
    """``progress`` as a callback: one of ``total`` a call, whatever it is called with.

    After the last one it begins again.
    """
    steps = chain.from_iterable(progress(range(total), what) for _ in count())
    next(steps)
    return lambda *_: next(steps)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
