"""Runs the notebooks of docs/ anew and keeps what they show: ``python docs/write_notebook.py [NAME...]``."""

import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

DOCS = Path(__file__).parent


def main() -> None:
    """Executes each in an empty folder."""
    for path in [DOCS / name for name in sys.argv[1:]] or sorted(DOCS.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        with tempfile.TemporaryDirectory() as folder:
            NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)
            if "outputs" in cell:  # a bar looks different each time
                cell.outputs = [each for each in cell.outputs if each.get("name") != "stderr"]
        path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
