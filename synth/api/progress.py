"""A bar for a run that somebody waits for."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

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
    from tqdm.auto import tqdm

    with tqdm(unit=" rows", unit_scale=True, leave=False) as bar:

        def advance(rows: int, total: int) -> None:
            bar.total = total
            bar.update(rows - bar.n)

        yield advance


def _in_notebook() -> bool:
    """Whether this process is a notebook's kernel."""
    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell else None
    return running is not None and hasattr(running, "kernel")
