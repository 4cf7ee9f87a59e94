"""The manifest of a preset's results: what is there, and what it was made of, with and by."""

import csv
import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from machinery.errors import InputError
from machinery.files import atomic_write, sha256
from machinery.provenance import record_path

NAME = "manifest.json"
FORMAT = 1
PARTS = {"config", "inputs", "files", "other_settings", "jobs"}
KEPT = {"rule", "started", "starting", "work", "threads", "environment"}  # of a job's record
# Whose files are listed, each with its checksum: of the paper's networks and of any other.
FOLDERS = tuple(
    f"{under}{name}" for under in ("", "networks/*/") for name in ("tables", "figures", "stats")
)


def write_manifest(
    results: Path,
    config: Mapping[str, Any],
    inputs: Mapping[str, Path],
    photographs: Path,
    up_to_date: Collection[str],
) -> None:
    """Write manifest.json into ``results``, a preset's folder, after a run with ``config``.

    ``inputs``: files that the results were made from, by name; those that are missing are left
    out. ``photographs``: the folder that the photographs were chosen from. ``up_to_date``: paths,
    from ``results``, that are as ``config`` would have them; other files keep, in
    ``other_settings``, the settings in which the config of their last run differs from ``config``
    (null if no manifest tells).
    """
    records = read_records(results)
    files = _checksums(results)
    manifest = {
        "format": FORMAT,
        "preset": config["preset"],
        "seed": config["seed"],
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "config": config,
        "inputs": {
            **{name: sha256(path) for name, path in sorted(inputs.items()) if path.is_file()},
            **_photographs(results, photographs),
        },
        "files": files,
        "other_settings": _other_settings(
            results, config, {name: files[name] for name in files if name not in up_to_date}
        ),
        "jobs": {
            "count": len(records),
            "starting_seconds": round(sum(record["starting"] for record in records), 1),
            "work_seconds": round(sum(record["work"] for record in records), 1),
            "environment": _grouped(records),
            "without_record": _without_record(results),
        },
    }
    with atomic_write(results / NAME) as part:
        part.write_text(json.dumps(manifest, indent=1) + "\n")


def read_manifest(results: str | Path) -> dict[str, Any]:
    """The manifest of a preset's folder; InputError if there is none that can be read."""
    path = Path(results) / NAME
    try:
        manifest = json.loads(path.read_text())
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror}; a run that does anything writes it, for example "
            "snakemake --cores 1 --forcerun write_alexnet."
        ) from error
    except ValueError as error:
        raise InputError(f"{path}: this is not JSON ({error}); a new run replaces it.") from error
    known = isinstance(manifest, dict) and manifest.get("format") == FORMAT
    if not known or not manifest.keys() >= PARTS:
        raise InputError(
            f"{path}: this is not a manifest of format {FORMAT}; a new run replaces it."
        )
    return manifest


def flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A nested config by dotted keys."""
    found = {}
    for key, value in settings.items():
        nested = isinstance(value, Mapping) and value
        found.update(flat(value, f"{prefix}{key}.") if nested else {f"{prefix}{key}": value})
    return found


def read_records(folder: Path) -> list[dict[str, Any]]:
    """What the jobs whose logs lie in ``folder`` wrote down of themselves, by rule and log."""
    records = map(_record, sorted((folder / "logs").rglob("*.json")))
    return [record for record in records if record]


def _record(path: Path) -> dict[str, Any] | None:
    """One job's record; None if it is missing, damaged or of another version."""
    with suppress(OSError, ValueError):
        record = json.loads(path.read_text())
        if isinstance(record, dict) and record.keys() >= KEPT:
            return record
    return None


def _without_record(results: Path) -> list[str]:
    """The logs, from the folder of logs, of jobs that failed, run still, or kept no record."""
    logs = results / "logs"
    lacking = (path for path in logs.rglob("*.log") if not _record(record_path(path)))
    return sorted(str(path.relative_to(logs).with_suffix("")) for path in lacking)


def listed_files(results: Path) -> list[str]:
    """The files of a preset's folder that its manifest lists, as paths from there."""
    paths = (path for folder in FOLDERS for path in results.glob(f"{folder}/**/[!.]*"))
    return sorted(str(path.relative_to(results)) for path in paths if path.is_file())


def _checksums(results: Path) -> dict[str, str]:
    return {name: sha256(results / name) for name in listed_files(results)}


def _photographs(results: Path, folder: Path) -> dict[str, Any]:
    """One checksum, over names and checksums of the chosen photographs, if they are all there."""
    index = results / "images" / "photographs.csv"
    if not index.exists():
        return {}
    with index.open(newline="") as file:
        names = sorted({row["path"] for row in csv.DictReader(file)})
    if not all((folder / name).is_file() for name in names):
        return {"photographs": None}
    digest = hashlib.sha256()
    for name in names:
        digest.update(f"{sha256(folder / name)}  {name}\n".encode())
    return {"photographs": digest.hexdigest()}


def _other_settings(
    results: Path, config: Mapping[str, Any], files: Mapping[str, str]
) -> dict[str, dict[str, Any] | None]:
    try:
        before = read_manifest(results)
    except InputError:
        return dict.fromkeys(files)
    now, then = flat(config), flat(before["config"])
    found: dict[str, dict[str, Any] | None] = {}
    for name, checksum in files.items():
        own = before["other_settings"].get(name, {})
        # A run that was interrupted may have written a file that it does not know as finished.
        if before["files"].get(name) != checksum or own is None:
            found[name] = None
            continue
        settings = {**then, **own}
        different = {key: settings[key] for key in settings if settings[key] != now.get(key)}
        if different:
            found[name] = different
    return found


def _grouped(records: list[dict[str, Any]]) -> dict[str, Any]:
    """For each fact the value that all jobs share, or the rules by value."""
    rules: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    counts: dict[str, int] = defaultdict(int)
    for record in records:
        facts = {"threads": str(record["threads"]), **record["environment"]}
        for name, value in facts.items():
            rules[name][value].add(record["rule"])
            counts[name] += 1
    return {
        name: next(iter(values))
        if len(values) == 1 and counts[name] == len(records)
        else {value: sorted(values[value]) for value in sorted(values)}
        for name, values in rules.items()
    }
