"""A run into a place that goes away again, for those who only want to look at what it makes."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from synth.config.catalog import Catalog
from synth.config.recipe import Recipe
from synth.engine.run import execute
from synth.engine.write import RowsCallback


@contextmanager
def tried(recipe: Recipe, catalog: Catalog, progress: RowsCallback | None = None) -> Iterator[str]:
    """Carries out a recipe, wherever it would go, into Parquet files in a temporary directory; yields its path.

    Raises:
        RefusedError, RunError, InterruptedRun: as ``execute``.
    """
    from synth.config.recipe import load_recipe

    with tempfile.TemporaryDirectory(prefix="synth-") as place:
        sinks = load_recipe(["sink=parquet", f"sink.parquet.uri={place}/run"])[0].sinks
        here = replace(recipe, sinks=sinks)
        result = execute(here, catalog, started=time.perf_counter(), progress=progress)
        yield next(iter(result.places.values()))
