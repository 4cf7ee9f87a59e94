"""How much of a run's time was not the work of its jobs: starting processes, and waiting."""

from datetime import UTC, datetime, timedelta
from typing import Any


def overhead(
    records: list[dict[str, Any]], began: datetime, ended: datetime, cores: int | None
) -> dict[str, Any]:
    """Where the time of a run on ``cores`` cores went (None: on a cluster); seconds and shares.

    ``records`` of jobs that started before ``began`` are left out. A job with several threads
    counts as many times. ``starting``: from the start of the jobs' processes to their work, which
    is Python and imports. ``idle``: what jobs left of the cores, because none was ready to run,
    Snakemake had not yet chosen one, or a process was ending. So the overhead of Snakemake and
    imports is at most starting + idle. ``alone``: when no job was running at all.
    """
    records = [each for each in records if datetime.fromisoformat(each["started"]) >= began]
    wall = (ended - began).total_seconds()
    starting, work = (
        sum(each[key] * each["threads"] for each in records) for key in ("starting", "work")
    )
    found = {
        "jobs": len(records),
        "cores": cores,
        "wall_seconds": round(wall, 1),
        "alone_seconds": round(wall - _covered(records), 1),
        "work_seconds": round(work, 1),
        "starting_seconds": round(starting, 1),
    }
    if cores is None:
        return found | {"starting_share": _share(starting, starting + work)}
    return found | {
        "starting_share": _share(starting, cores * wall),
        "idle_share": _share(cores * wall - starting - work, cores * wall),
    }


def sentence(found: dict[str, Any]) -> str:
    """The same in words."""
    wall, alone = found["wall_seconds"], found["alone_seconds"]
    starting = f"{found['starting_share']:.1%} starting processes"
    if found["cores"] is None:
        return f"{wall:.0f} s, {alone:.0f} s of it without a job; of the jobs' time, {starting}."
    work = 1 - found["starting_share"] - found["idle_share"]
    return (
        f"{wall:.0f} s on {found['cores']} cores: {work:.1%} work, {starting}, "
        f"{found['idle_share']:.1%} idle; {alone:.0f} s without a job."
    )


def _covered(records: list[dict[str, Any]]) -> float:
    """Seconds in which one job or more was running."""
    total, until = 0.0, datetime.min.replace(tzinfo=UTC)
    for each in sorted(records, key=lambda each: each["started"]):
        start = datetime.fromisoformat(each["started"])
        end = start + timedelta(seconds=each["starting"] + each["work"])
        total += max(0.0, (end - max(start, until)).total_seconds())
        until = max(until, end)
    return total


def _share(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 0.0
