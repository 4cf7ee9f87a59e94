"""The tutorial runs from its first cell to its last, on the pipeline's data."""

import nbformat
import pytest
from nbclient import NotebookClient


@pytest.fixture(scope="module")
def notebook(shared_data):
    """With few evaluations, as the pictures are not looked at."""
    docs = shared_data.parents[1] / "docs"
    patch = pytest.MonkeyPatch()
    patch.setenv("PYTHONPATH", str(docs.parent / "src"))  # in place of pip install .
    patch.setenv("OMP_NUM_THREADS", "1")  # another process runs tests beside this one
    notebook = nbformat.read(docs / "tutorial.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace("evaluations=120", "evaluations=12")
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(docs)}})
    yield client.execute()
    patch.undo()


def test_it_prints_what_table_4_has(notebook):
    printed = "".join(
        output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", [])
    )
    assert "pool4" in printed
    assert "Table 4: 1.051 with learned filters" in printed


def test_it_draws_the_pictures(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("image/png" in output.get("data", {}) for output in outputs)


def test_the_stored_copy_has_its_outputs(shared_data):
    """A reader who does not run it sees numbers and pictures."""
    stored = nbformat.read(shared_data.parents[1] / "docs" / "tutorial.ipynb", as_version=4)
    cells = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
