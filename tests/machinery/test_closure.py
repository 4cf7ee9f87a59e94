"""The inputs that rules name as their code are what the scripts really import."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from machinery import closure as module
from machinery.closure import PACKAGES, closure

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "workflow" / "scripts").rglob("*.py"))

# One process for all scripts, since torch is slow to import; our modules are imported again.
PROBE = """
import json, runpy, sys
packages, *scripts = sys.argv[1:]
packages, found = set(packages.split(",")), {}
for script in scripts:
    for name in [name for name in sys.modules if name.split(".")[0] in packages | {"machinery"}]:
        del sys.modules[name]
    runpy.run_path(script)
    ours = [sys.modules[name] for name in sys.modules if name.split(".")[0] in packages]
    found[script] = [each.__file__ for each in ours]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def imported() -> dict[str, list[str]]:
    """The files of our modules that each script really imports, and their packages' inits."""
    command = [sys.executable, "-c", PROBE, ",".join(PACKAGES), *map(str, SCRIPTS)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, PACKAGES.values()))}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(result.stdout)


def test_the_scripts_are_found():
    assert len(SCRIPTS) > 40 and PACKAGES.keys() == {"cnninvert", "paper"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_closure_holds_what_is_imported(script, imported):
    files = {Path(path) for path in imported[str(script)]}
    modules = {path for path in files if path.name != "__init__.py"}
    assert set(closure(script)) == {script, *modules}


@pytest.mark.parametrize(
    "path",
    [path for name, root in PACKAGES.items() for path in (root / name).rglob("__init__.py")],
    ids=lambda path: ".".join(path.parent.relative_to(ROOT).parts[1:]),
)
def test_what_is_left_out_computes_nothing(path):
    """An ``__init__`` imports none of our modules, and has nothing but how names are loaded."""
    assert not module._imports(path)
    lazy = {"_LAZY", "__all__", "__getattr__", "__dir__", "import_module"}
    for node in ast.parse(path.read_text()).body:
        match node:
            case ast.Expr(ast.Constant(str())):
                continue
            case ast.ImportFrom() | ast.Import():
                names = {alias.name for alias in node.names}
            case ast.Assign():
                names = {target.id for target in node.targets}
            case _:
                names = {node.name}
        assert names <= lazy, names


def of(script: Path, text: str) -> set[str]:
    """The closure of a script of that ``text``, without the script, from the packages' folders."""
    script.write_text(text)
    found = closure(script)
    assert found == sorted(set(found)) and script in found
    roots = sorted(PACKAGES.values(), key=lambda root: -len(root.parts))
    return {
        str(path.relative_to(next(root for root in roots if path.is_relative_to(root))))
        for path in found
        if path != script
    }


IHT = {
    *(
        f"cnninvert/solvers/{name}.py"
        for name in ("conjugate_gradients", "iht", "solution", "waiting")
    ),
    *(f"cnninvert/operators/{name}.py" for name in ("convolution", "model_sparsity")),
    *(
        f"cnninvert/operators/{name}.py"
        for name in ("lanczos", "layout", "norms", "switches", "winograd")
    ),
}


@pytest.mark.parametrize(
    "text",
    [
        "from cnninvert.solvers.iht import iht\n",
        "from cnninvert.solvers import iht\n",
        "import cnninvert.solvers.iht\n",
        "import cnninvert.solvers.iht as solver\n",
        "from cnninvert import iht\n",
        "from cnninvert import iht as solve\n",
        "def f():\n    from cnninvert import iht\n",
        "if f:\n    import json, cnninvert.solvers.iht\n",
    ],
)
def test_an_import_is_found_however_it_is_written(tmp_path, text):
    assert of(tmp_path / "x.py", text) == IHT


def test_a_lazy_name_is_the_module_that_defines_it_and_no_other(tmp_path):
    found = of(tmp_path / "x.py", "from cnninvert import Convolution, recovery_bound\n")
    operators = {
        f"cnninvert/operators/{name}.py" for name in ("convolution", "lanczos", "norms", "winograd")
    }
    assert found == operators | {"cnninvert/theory/bounds.py"}


@pytest.mark.parametrize("text", ["import cnninvert\n", "from cnninvert import nothing\n"])
def test_a_package_alone_is_nothing(tmp_path, text):
    assert of(tmp_path / "x.py", text) == set()


def test_what_runs_jobs_and_others_packages_are_left_out(tmp_path):
    text = "import numpy\nfrom machinery import job\nfrom machinery.files import atomic_write\n"
    assert of(tmp_path / "x.py", text) == set()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of nested modules, written from their texts by path."""

    def write(**texts):
        for name, text in texts.items():
            path = tmp_path / "lib" / f"{name.replace('__of__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / "x.py"

    monkeypatch.setattr(module, "PACKAGES", {"one": tmp_path / "lib", "two": tmp_path / "lib"})
    module._imports.cache_clear()
    module._lazy.cache_clear()
    yield write
    module._imports.cache_clear()
    module._lazy.cache_clear()


def names(script, root):
    return {str(path.relative_to(root / "lib")) for path in closure(script) if path != script}


def test_imports_are_followed_through_packages_and_in_circles(package, tmp_path):
    script = package(
        **{
            "one__of____init__": "",
            "one__of__a": "import two.inner.b\n",
            "two__of____init__": "",
            "two__of__inner__of____init__": "",
            "two__of__inner__of__b": "from one.a import something\nfrom one import c\n",
            "two__of__inner__of__unused": "",
            "one__of__c": "",
            "one__of__inner": "",
        }
    )
    script.write_text("from one import a\n")
    assert names(script, tmp_path) == {"one/a.py", "one/c.py", "two/inner/b.py"}


def test_a_lazy_name_is_found_in_an_inner_package(package, tmp_path):
    lazy = '_LAZY = {"f": "one.inner.a", "g": "one.inner.b", "a": "one.inner.b"}\n'
    script = package(
        **{
            "one__of____init__": "",
            "one__of__inner__of____init__": lazy,
            "one__of__inner__of__a": "",
            "one__of__inner__of__b": "",
        }
    )
    for text, found in {
        "from one.inner import f\n": {"one/inner/a.py"},
        "from one.inner import g\n": {"one/inner/b.py"},
        "from one.inner import f, g\n": {"one/inner/a.py", "one/inner/b.py"},
        "from one.inner import nothing\n": set(),
        "from one import inner\n": set(),
    }.items():
        module._imports.cache_clear()
        script.write_text(text)
        assert names(script, tmp_path) == found, text
