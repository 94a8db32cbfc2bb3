"""docs/notebook.ipynb, executed: it shows what it shows, and its errors are short."""

import os
import re
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[1] / "docs/notebook.ipynb"
#: What may differ from one machine to the next: how long it took.
_TIMES = re.compile(r"in \d+\.\d s")


def shown(notebook: nbformat.NotebookNode) -> list[str]:
    """What each cell of code shows, as text; a mistake as its message."""
    texts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "stream":  # the bar of a run, and what the kernel says of itself
                continue
            text = "\n".join(output.traceback) if output.output_type == "error" else output.data["text/plain"]
            texts.append(_TIMES.sub("in ... s", text))
    return texts


def test_the_notebook_shows_what_it_shows(tmp_path: Path) -> None:
    wanted = nbformat.read(NOTEBOOK, as_version=4)
    made = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(made, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
    client.execute(env={name: value for name, value in os.environ.items() if name != "COLUMNS"})
    assert shown(made) == shown(wanted)
    outputs = [output for cell in made.cells for output in cell.get("outputs", ())]
    errors = [output for output in outputs if output.output_type == "error"]
    assert [error.ename for error in errors] == ["ConfigError", "RefusedError"]
    for error in errors:
        assert len(error.traceback) <= 8
        assert "--" not in "\n".join(error.traceback).replace("-->", "")
    drawn = [
        output for cell in made.cells for output in cell.get("outputs", ()) if "text/html" in output.get("data", ())
    ]
    assert len(drawn) >= 5
