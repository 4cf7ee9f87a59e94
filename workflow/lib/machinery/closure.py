"""Which of our files a script depends on: Snakemake sees a script, but not what it imports."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
# Our packages and where they lie. This one is left out: it says how work runs, never what it
# computes, so that a change in it reruns nothing.
PACKAGES = {"cnninvert": ROOT / "src", "paper": ROOT / "workflow" / "lib"}


def closure(script: Path) -> list[Path]:
    """``script`` and every module of PACKAGES that it imports, directly or not, sorted.

    Imports anywhere in a file count, those inside functions too. The ``__init__`` of a package does
    not: it computes nothing, and a name that it loads lazily counts as an import of the module that
    defines it.
    """
    seen: set[Path] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting.extend(_imports(path))
    return sorted(seen)


@cache
def _imports(path: Path) -> tuple[Path, ...]:
    found: set[Path] = set()
    for node in _statements(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found |= _file(alias.name)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= _file(node.module)
            for alias in node.names:
                # A module of the package, or a name that its ``__init__`` loads from another.
                name = f"{node.module}.{alias.name}"
                found |= _file(_lazy(node.module).get(alias.name, name))
    return tuple(sorted(found))


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All statements within ``node``. Expressions, which hold no imports, are most of a file."""
    for field in ("body", "orelse", "handlers", "finalbody", "cases"):
        for child in getattr(node, field, ()):
            yield child
            yield from _statements(child)


def _place(name: str) -> Path:
    """Where the module or package ``name`` lies, without a suffix."""
    return PACKAGES.get(name.partition(".")[0], Path()).joinpath(*name.split("."))


def _file(name: str) -> set[Path]:
    """The file of the module ``name``; nothing for packages, names in modules, and others' code."""
    path = _place(name).with_suffix(".py")
    return {path} if name.partition(".")[0] in PACKAGES and path.exists() else set()


@cache
def _lazy(module: str) -> dict[str, str]:
    """What the package ``module`` loads lazily (PEP 562): the module of each name in its table."""
    path = _place(module) / "__init__.py"
    if module.partition(".")[0] not in PACKAGES or not path.exists():
        return {}
    for node in ast.parse(path.read_text(), str(path)).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "_LAZY":
            return ast.literal_eval(node.value)
    return {}
