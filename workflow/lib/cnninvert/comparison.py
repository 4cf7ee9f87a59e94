"""What differs between the results of two runs, by their manifests."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cnninvert.errors import InputError
from cnninvert.files import sha256
from cnninvert.manifest import flat, read_manifest
from cnninvert.table_differences import table_differences

NAMED_BY_USER = {"preset"}  # a setting that says where results lie, not what they are


def compare(first: Path, second: Path) -> tuple[list[str], bool]:
    """Lines that say how the results in two presets' folders differ; whether all tables agree.

    Raises InputError if a manifest cannot be read, or a table is not the one that it lists.
    """
    folders = first, second
    manifests = read_manifest(first), read_manifest(second)
    for folder, manifest in zip(folders, manifests, strict=True):
        _check_tables(folder, manifest)
    settings = [flat(manifest["config"]) for manifest in manifests]
    lines = [f"{first} | {second}"]
    lines += _section("settings", *settings, NAMED_BY_USER)
    for folder, manifest in zip(folders, manifests, strict=True):
        lines += _left_behind(folder, manifest["other_settings"])
    lines += _section("inputs", *(manifest["inputs"] for manifest in manifests))
    lines += _section("environment", *(manifest["jobs"]["environment"] for manifest in manifests))
    tables, agree = _files("tables", folders, manifests)
    lines += tables
    for kind in ("figures", "stats"):
        lines += _files(kind, folders, manifests)[0]
    return lines, agree


def _check_tables(folder: Path, manifest: Mapping[str, Any]) -> None:
    listed = {name: sum for name, sum in manifest["files"].items() if name.startswith("tables/")}
    paths = (folder / "tables").rglob("[!.]*")
    there = {str(path.relative_to(folder)) for path in paths if path.is_file()}
    for name in sorted(there | set(listed)):
        if name not in there or listed.get(name) != sha256(folder / name):
            raise InputError(
                f"{folder / name}: this is not the table that {folder}/manifest.json lists; it was "
                "changed, added or removed afterwards, or the last run was killed: run snakemake."
            )


def _section(
    title: str, first: Mapping[str, Any], second: Mapping[str, Any], ignored: set[str] = frozenset()
) -> list[str]:
    names = [name for name in {**first, **second} if name not in ignored]
    different = [name for name in names if first.get(name, "absent") != second.get(name, "absent")]
    if not different:
        return [f"{title}: the same"]
    return [
        f"{title}:",
        *(f"  {name}: {_short(first, name)} | {_short(second, name)}" for name in different),
    ]


def _short(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name, "absent")
    if isinstance(value, str) and len(value) == 64:
        return f"{value[:12]}…"  # a checksum
    if isinstance(value, Mapping) and value:  # rules by value
        return "; ".join(f"{each or 'none'} in {', '.join(rules)}" for each, rules in value.items())
    return "none" if value == "" else str(value)


def _left_behind(folder: Path, other_settings: Mapping[str, Any]) -> list[str]:
    """Files that the last run left alone though its settings were others."""
    lines = []
    for name, settings in other_settings.items():
        if settings is None:
            lines.append(f"  {folder / name}: made with settings that no manifest tells")
        else:
            listed = ", ".join(f"{key} = {value}" for key, value in settings.items())
            lines.append(f"  {folder / name}: made with {listed}")
    return lines


def _files(
    kind: str, folders: tuple[Path, Path], manifests: tuple[Mapping[str, Any], ...]
) -> tuple[list[str], bool]:
    first, second = (
        {name: sum for name, sum in manifest["files"].items() if name.startswith(f"{kind}/")}
        for manifest in manifests
    )
    names = sorted({**first, **second})
    different = [name for name in names if first.get(name) != second.get(name)]
    lines = [f"{kind}: {len(names) - len(different)} of {len(names)} files are identical"]
    for name in different:
        if name not in first or name not in second:
            lines.append(f"  {name}: only in {folders[name in second]}")
            continue
        lines.append(f"  {name}")
        if kind == "tables" and name.endswith(".csv"):
            found = table_differences(folders[0] / name, folders[1] / name)
            lines += [f"    {line}" for line in found]
    return lines, not different
