"""A bar for a run that somebody waits for."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, TypeAlias

from tqdm import tqdm

from synth.engine.write import RowsCallback

Progress: TypeAlias = bool | None


@contextmanager
def showing(progress: Progress) -> Iterator[RowsCallback | None]:
    """What shows how far a run is.

    Args:
        progress: whether a bar is shown; None for one in notebooks only.
    """
    if not (_in_notebook() if progress is None else progress):
        yield None
        return
    with _bar()(unit=" rows", unit_scale=True, leave=False) as bar:

        def advance(rows: int, total: int, doing: str) -> None:
            bar.total = total or None
            bar.set_description(doing, refresh=False)
            if not bar.update(rows - bar.n):
                bar.refresh()

        yield advance


def _bar() -> "type[tqdm[Any]]":
    """A bar of widgets where a notebook has them, one of text elsewhere."""
    if _in_notebook() and find_spec("ipywidgets"):
        from tqdm.notebook import tqdm_notebook

        return tqdm_notebook
    return tqdm


def _in_notebook() -> bool:
    """Whether this process is a notebook's kernel."""
    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell else None
    return running is not None and hasattr(running, "kernel")
