"""The notebooks of docs/, executed: they show what they show, and errors are short."""

import os
import re
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "docs").glob("*.ipynb"))
#: What may differ from one machine to the next: how long it took.
_TIMES = re.compile(r"in \d+\.\d s")


def shown(notebook: nbformat.NotebookNode) -> list[str]:
    """What each cell of code shows, as text; a mistake as its message."""
    texts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.get("name") == "stderr":  # the bar of a run, and what the kernel says of itself
                continue
            if output.output_type == "stream":
                texts.append(output.text)
                continue
            text = "\n".join(output.traceback) if output.output_type == "error" else output.data["text/plain"]
            texts.append(_TIMES.sub("in ... s", text))
    return texts


def executed(path: Path, folder: Path) -> nbformat.NotebookNode:
    """The notebook, run in a folder with this interpreter's commands."""
    made = nbformat.read(path, as_version=4)
    client = NotebookClient(made, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    env = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    client.execute(env=env | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"})
    return made


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) >= 4


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_what_it_shows(path: Path, tmp_path: Path) -> None:
    made = executed(path, tmp_path)
    assert shown(made) == shown(nbformat.read(path, as_version=4))
    outputs = [output for cell in made.cells for output in cell.get("outputs", ())]
    errors = [output for output in outputs if output.output_type == "error"]
    assert [error.ename for error in errors] == (["ConfigError", "RefusedError"] if path.stem == "notebook" else [])
    for error in errors:
        assert len(error.traceback) <= 8
        assert "--" not in "\n".join(error.traceback).replace("-->", "")
    drawn = [output for output in outputs if "text/html" in output.get("data", ())]
    assert len(drawn) >= (5 if path.stem == "notebook" else 0)
