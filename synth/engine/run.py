"""The whole run: compose → recipe → plan → runner → commit → manifest."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.config.catalog import Catalog
from synth.config.recipe import Recipe, load_recipe
from synth.contracts.sink import Sink
from synth.engine.announcer import Announcer, started_event
from synth.engine.commit import abort, commit
from synth.engine.manifest import Counts, manifest_of
from synth.engine.open_sinks import make_sinks, run_directory
from synth.engine.preflight import make_preflight_context, refuse_or_warn
from synth.engine.prepare import Prepared, prepare
from synth.engine.signals import ignoring_signals, is_interrupt
from synth.engine.write import RowsCallback, Tallies, write_blocks
from synth.errors import ConfigError, InterruptedRun, Problem, blaming
from synth.runners.order import run_in_block_order
from synth.sinks.streamed import Streamed

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class RunResult:
    """What a run made.

    Attributes:
        places: sink name → uri that holds the tables and the manifest.
        manifests: sink name → the manifest, as in ``manifest.json``.
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

    def to_pandas(self, table: str = "transactions") -> "pd.DataFrame":
        """A table of the run, read back from its first sink."""
        from synth.check.reader import open_output

        return open_output(next(iter(self.places.values())), self.catalog).to_pandas(table)


def run(
    *overrides: str | Sequence[str] | Mapping[str, Any],
    overwrite: bool = False,
    plugin_files: Sequence[str | Path] = (),
    plugins_dirs: Sequence[str | Path] = (),
    config_dirs: Sequence[str | Path] = (),
) -> RunResult:
    """Makes the data of a recipe and writes it to its sinks.

    Args:
        overrides: as on the command line, e.g. ``"scenario=card_chain"``, ``"sink.parquet.uri=out"``, alone or in
            lists; and at most one mapping, a DictConfig too: a section that it has stands in the place of the default
            one, text in it chooses options. The texts override the mapping.
        overwrite: whether a run that is already in a sink's place may be replaced.
        plugin_files: Python files and package folders to load as plugins.
        plugins_dirs: folders of plugins; a broken one in there breaks only recipes that need it.
        config_dirs: folders of YAML choices, searched before the built-in ones.

    Raises:
        ConfigError: the configuration is wrong; nothing was written.
        RefusedError: the recipe cannot or must not be carried out; nothing was written.
        RunError: the run failed; what it had staged was taken back.
    """
    started = time.perf_counter()
    texts, given = _split(overrides)
    recipe, catalog, composed = load_recipe(
        texts,
        given=given,
        plugin_files=list(map(Path, plugin_files)),
        plugins_dirs=list(map(Path, plugins_dirs)),
        config_dirs=list(map(Path, config_dirs)),
    )
    return execute(recipe, catalog, started=started, overwrite=overwrite, directory=composed.directory)


def generate(
    *overrides: str | Sequence[str] | Mapping[str, Any],
    plugin_files: Sequence[str | Path] = (),
    plugins_dirs: Sequence[str | Path] = (),
    config_dirs: Sequence[str | Path] = (),
) -> "pd.DataFrame":
    """Makes the transactions of a recipe in memory; sinks are not opened. The arguments are those of ``run``.

    Raises:
        ConfigError: the configuration is wrong.
        RefusedError: the recipe cannot be carried out.
    """
    import pyarrow as pa

    texts, given = _split(overrides)
    recipe, _, _ = load_recipe(
        texts,
        given=given,
        plugin_files=list(map(Path, plugin_files)),
        plugins_dirs=list(map(Path, plugins_dirs)),
        config_dirs=list(map(Path, config_dirs)),
    )
    prepared = prepare(recipe)
    blocks = len(prepared.plan.rows_b)
    batches = [
        block.batches["transactions"].native
        for block in run_in_block_order(recipe.runner.make(), prepared.make_block, blocks)
    ]
    frame: pd.DataFrame = pa.Table.from_batches(batches).to_pandas()
    return frame


def _split(overrides: Sequence[Any]) -> tuple[list[str], Mapping[str, Any] | None]:
    """The texts among what a caller gives, and the mapping.

    Raises:
        ConfigError: something is neither, or there are two mappings.
    """
    texts: list[str] = []
    mappings: list[Mapping[str, Any]] = []
    for each in overrides:
        if isinstance(each, Mapping):
            mappings.append(each)
            continue
        words = [each] if isinstance(each, str) or not isinstance(each, Sequence) else each
        for word in words:
            if not isinstance(word, str):
                message = f"a recipe is made of texts such as 'seed=3' and one mapping, not of a {type(word).__name__}"
                raise ConfigError([Problem(path="", message=message)])
            texts.append(word)
    if len(mappings) > 1:
        raise ConfigError(
            [Problem(path="", message=f"a recipe is one mapping, not {len(mappings)}", hint="merge them")]
        )
    return texts, next(iter(mappings), None)


def execute(
    recipe: Recipe,
    catalog: Catalog,
    *,
    started: float,
    overwrite: bool = False,
    directory: Path | None = None,
    progress: RowsCallback | None = None,
) -> RunResult:
    """Carries out a recipe.

    Args:
        started: ``time.perf_counter()`` when the work began.
        directory: where sinks without a uri write; a fresh one below ``runs/`` if None.
        progress: is called after each block.

    Raises:
        RefusedError, RunError, InterruptedRun: nothing of the run is left.
        PartlyDone: some sinks were committed before one failed.
    """
    refuse_pace(recipe)
    prepared = prepare(recipe)
    sinks = make_sinks(prepared, directory or run_directory(), overwrite=overwrite)
    announcer = Announcer(catalog.subscribers, started=started)
    with announcer.announcing_end():
        manifests = _write(prepared, catalog, sinks, announcer, progress)
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
) -> dict[str, bytes]:
    """Writes and commits everything, or takes it back; returns the manifests by sink."""
    committed, manifests = False, {}
    try:
        for name, sink in sinks.items():
            with blaming(f"sink {name!r}"):
                sink.check()
            if isinstance(sink, Streamed):
                refuse_or_warn(name, sink.inner, make_preflight_context(prepared.recipe, prepared.recipe.fingerprint))
        announcer.start(started_event(prepared, {name: sink.uri for name, sink in sinks.items()}))
        tallies, counts = write_blocks(prepared, sinks, announcer, progress)
        manifests = {name: _finish(prepared, catalog, name, sink, tallies, counts) for name, sink in sinks.items()}
        with ignoring_signals():
            commit(sinks, manifests)
            committed = True
    except BaseException as error:
        if not committed:
            abort(sinks)
            if is_interrupt(error):
                raise InterruptedRun(f"interrupted: {_left(sinks)}") from error
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
