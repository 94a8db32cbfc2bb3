"""The whole run: compose → recipe → plan → runner → commit → manifest."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.config.catalog import Catalog
from synth.config.recipe import Recipe
from synth.contracts.sink import Sink
from synth.engine.announcer import Announcer, started_event
from synth.engine.commit import commit
from synth.engine.going_on import GoingOn, Keeping, unpublished
from synth.engine.kept_moves import keep_moves, recall_moves
from synth.engine.manifest import Counts, manifest_of
from synth.engine.open_sinks import make_sinks, run_directory
from synth.engine.preflight import make_preflight_context, refuse_or_warn
from synth.engine.prepare import Prepared, prepare, refuse_short_memory
from synth.engine.signals import ignoring_signals, is_interrupt
from synth.engine.write import PLANNING, PUBLISHING, RowsCallback, Tallies, write_blocks
from synth.errors import ConfigError, InterruptedRun, PartlyDone, Problem, blaming
from synth.sinks.card import opening
from synth.sinks.places import run_folder
from synth.sinks.streamed import Streamed

if TYPE_CHECKING:
    import pandas as pd

    from synth.tables.arrow_table import ArrowTable


@dataclass(frozen=True, repr=False)
class RunResult:
    """What a run made.

    Attributes:
        places: sink name → uri that holds the tables and the manifest.
        manifests: sink name → the manifest, as in ``_manifest.json``.
        rows: transactions, fraud included.
        fraud_rows: fraud transactions.
        digest: content digest of the run, the same for every sink, store and number of workers.
        seconds: wall time from the overrides to the last commit.
        catalog: the plugins of the run, one of which may be needed to read it back.
    """

    places: Mapping[str, str]
    manifests: Mapping[str, Mapping[str, Any]]
    rows: int
    fraud_rows: int
    digest: str
    seconds: float
    catalog: Catalog = field(repr=False, compare=False)

    @property
    def tables(self) -> "Mapping[str, ArrowTable]":
        """The tables of the run, read back from its first sink while somebody goes through them.

        Raises:
            RefusedError: nothing can be read back from there.
        """
        from synth.check.reader import open_output

        return open_output(next(iter(self.places.values())), self.catalog).tables

    def to_pandas(self, table: str = "transactions") -> "pd.DataFrame":
        """A table of the run, read back from its first sink, as ``ArrowTable.to_pandas`` types it."""
        return self.tables[table].to_pandas()

    @property
    def folders(self) -> dict[str, str]:
        """Sink name → the folder of its files, where that is not its place."""
        found = {}
        for name, place in self.places.items():
            tables = self.manifests[name]["tables"].values()
            if folder := run_folder(file["name"] for table in tables for file in table["files"]):
                found[name] = f"{place}/{folder}".rstrip("/")
        return found

    @property
    def openings(self) -> list[str]:
        """For each place whose transactions Python can open, the line that does it."""
        lines = (opening(self.manifests[name], place) for name, place in self.places.items())
        return [line for line in lines if line]

    def __repr__(self) -> str:
        return "\n".join(["synth.run", *(f"  {name}: {text}" for name, text in self._lines())])

    def _repr_html_(self) -> str:
        rows = (f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in self._lines())
        return f"<table>{''.join(rows)}</table>"

    def _lines(self) -> Iterator[tuple[str, str]]:
        yield "rows", f"{self.rows:,}, {self.fraud_rows:,} of them fraudulent, in {self.seconds:.1f} s"
        yield from self.places.items()
        yield from (("open", line) for line in self.openings[:1])
        yield "digest", self.digest


def execute(
    recipe: Recipe,
    catalog: Catalog,
    *,
    started: float,
    overwrite: bool = False,
    directory: Path | None = None,
    progress: RowsCallback | None = None,
    prepared: Prepared | None = None,
    going_on: GoingOn = "joins",
) -> RunResult:
    """Carries out a recipe; blocks that an earlier run of it has staged in its places are taken from there.

    Args:
        started: ``time.perf_counter()`` when the work began.
        directory: where sinks without a uri write; a fresh one below ``runs/`` if None.
        progress: is called after each block, and where something else begins.
        prepared: the recipe, planned already.
        going_on: ``joins``: what cannot be used of an earlier run is made again; ``resumes``: it is refused;
            ``commits``: blocks that are not there are refused, too.

    Raises:
        RefusedError, RunError, InterruptedRun: nothing of the run is left, but for the blocks of one that went on.
        PartlyDone: some sinks were committed before one failed.
    """
    refuse_pace(recipe)
    if progress:
        progress(0, 0, PLANNING)
    prepared = prepared or prepare(recipe, partial(recall_moves, recipe, catalog))
    refuse_short_memory(prepared)
    sinks = make_sinks(prepared, directory or run_directory(), overwrite=overwrite)
    if going_on == "resumes":
        sinks = unpublished(prepared.recipe, sinks)
    announcer = Announcer(catalog.subscribers, started=started)
    with announcer.announcing_end():
        manifests = _write(prepared, catalog, sinks, announcer, progress, going_on)
    parsed = {name: json.loads(manifest) for name, manifest in manifests.items()}
    first = next(iter(parsed.values()))
    return RunResult(
        places={name: sink.uri for name, sink in sinks.items()},
        manifests=parsed,
        rows=first["counts"]["transactions"],
        fraud_rows=first["counts"]["fraud"],
        digest=first["digest"],
        seconds=time.perf_counter() - started,
        catalog=catalog,
    )


def refuse_pace(recipe: Recipe) -> None:
    """A run makes all of it at once: a clock or noise that would be ignored is refused."""
    given = {"clock": recipe.clock.paced, "noise": not recipe.noise.silent}
    message = "{} is for a stream, and a run sends nothing on its way"
    wrong = [Problem(path=key, message=message.format(key), hint="synth stream") for key, on in given.items() if on]
    if wrong:
        raise ConfigError(wrong)


def _write(
    prepared: Prepared,
    catalog: Catalog,
    sinks: Mapping[str, Sink],
    announcer: Announcer,
    progress: RowsCallback | None,
    going_on: GoingOn,
) -> dict[str, bytes]:
    """Writes and commits everything, or takes it back; returns the manifests by sink."""
    committed, manifests, keeping = False, {}, Keeping(prepared, catalog, sinks, going_on)
    try:
        for name, sink in sinks.items():
            with blaming(f"sink {name!r}"):
                sink.check()
            if isinstance(sink, Streamed):
                refuse_or_warn(name, sink.inner, make_preflight_context(prepared, prepared.recipe.fingerprint))
        keeping.join()
        keep_moves(prepared, catalog, keeping.keepers)
        announcer.start(started_event(prepared, {name: sink.uri for name, sink in sinks.items()}))
        tallies, counts = write_blocks(prepared, sinks, keeping.keepers, announcer, progress)
        manifests = {name: _finish(prepared, catalog, name, sink, tallies, counts) for name, sink in sinks.items()}
        if progress:
            rows = counts.transactions
            progress(rows, rows, PUBLISHING)
        with ignoring_signals():
            commit(sinks, manifests)
            committed = True
            keeping.clear()
    except PartlyDone as error:
        if left := keeping.let_go(partly=True):
            raise PartlyDone(f"{error}; {left}") from error
        raise
    except BaseException as error:
        if not committed:
            left = keeping.let_go() or _left(sinks)
            if is_interrupt(error):
                raise InterruptedRun(f"interrupted: {left}") from error
            raise
    return manifests


def _left(sinks: Mapping[str, Sink]) -> str:
    """What an interrupted run leaves behind."""
    growing = [repr(name) for name, sink in sinks.items() if isinstance(sink, Streamed) and sink.marked]
    if not growing:
        return "nothing was written"
    return f"what {' and '.join(growing)} had taken stays there; synth stream --resume goes on"


def _finish(prepared: Prepared, catalog: Catalog, name: str, sink: Sink, tallies: Tallies, counts: Counts) -> bytes:
    """Completes a sink and writes its manifest."""
    with blaming(f"sink {name!r}"):
        files = sink.finish()
    return manifest_of(prepared, catalog, name, files, tallies, counts)
