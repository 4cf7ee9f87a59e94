"""The documents say what the files say, and build into a site without a warning."""

import hashlib
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from cogapp import Cog

from collect import shown_as
from paper.table4.readings import Reading

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FILLED = [path for path in DOCUMENTS if "[[[cog" in path.read_text()]
RUNS = sorted(path.parent for path in (ROOT / "docs").glob("*/manifest.json"))


def check(path: Path) -> int:
    """What ./docs.sh check says of one document: 0 if it is up to date."""
    options = ["-P", "-I", str(ROOT / "docs"), "--check", "--verbosity=0"]
    return Cog().main(["cog", *options, str(path)])


@pytest.mark.parametrize("path", FILLED, ids=lambda path: str(path.relative_to(ROOT)))
def test_numbers_are_those_of_the_files(path):
    assert check(path) == 0, "run ./docs.sh fill"


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_tables_are_those_of_their_manifest(run):
    """Nobody has edited them, and all are of one run, whose commits the page names."""
    manifest = json.loads((run / "manifest.json").read_text())
    commit = manifest["jobs"]["environment"]["commit"]
    for each in [commit] if isinstance(commit, str) else commit:  # by rule, where they differ
        assert re.fullmatch(r"[0-9a-f]{40}", each) and each[:7] in (run / "README.md").read_text()
    recorded = {shown_as(name): digest for name, digest in manifest["files"].items()}
    copies = [path for path in run.rglob("*") if path.suffix in (".csv", ".png")]
    assert copies
    for path in copies:
        name = str(path.relative_to(run))
        assert hashlib.sha256(path.read_bytes()).hexdigest() == recorded[name], name


def test_pictures_are_made_with_the_reading_that_is_closest():
    """Figure 4 and Table 4's image space take ``Reading()``, which is a choice made before."""
    groups = pd.read_csv(ROOT / "docs" / "default" / "fidelity_groups.csv").set_index("group")
    assert groups.loc["table4 activation space", "closest"].endswith(str(Reading()))


def test_a_changed_number_is_noticed(tmp_path):
    """The check above can fail."""
    text = (ROOT / "README.md").read_text()
    changed = tmp_path / "README.md"
    changed.write_text(re.sub(r"mean 1\.\d\d", "mean 9.99", text))
    assert changed.read_text() != text
    assert check(changed) != 0


def test_the_readme_is_one_page():
    text = (ROOT / "README.md").read_text()
    written = re.sub(r"<!--\[\[\[cog.*?\[\[\[end\]\]\]-->", "", text, flags=re.DOTALL)
    assert len(written.split()) <= 900


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text()):
        if "://" not in target:
            assert (path.parent / target).exists(), target


def test_targets_are_explained():
    rules = "\n".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    targets = set(re.findall(r"^(?:TARGETS|EXTRA)\[\"(\w+)\"\]", rules, re.MULTILINE))
    assert {"table1", "figure2", "theorem31"} <= targets
    page = (ROOT / "docs" / "reference" / "targets.md").read_text()
    assert {name for name in targets if f"`{name}`" not in page} == set()


def test_the_site_has_every_page(site):
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert {"index.html", "tutorial.html", "theory/index.html", "reference/library.html"} <= pages
    library = (site / "reference" / "library.html").read_text()
    assert "one_step" in library and '<span class="gp">&gt;&gt;&gt; </span>' in library


def test_tables_come_out_as_tables(site):
    page = (site / "default" / "index.html").read_text()
    assert page.count("<table>") == 4 and "| ---" not in page
    assert "[[[" not in re.sub(r"<!--.*?-->", "", page, flags=re.DOTALL)
