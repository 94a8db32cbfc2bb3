"""``synth.run``, ``synth.generate`` and ``synth.plan``."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

from synth.api.progress import Progress, showing
from synth.api.recipes import Given, Paths, as_paths, load, split
from synth.api.words import speaking_python
from synth.config.catalog import Catalog
from synth.config.compose import Composed
from synth.engine.made import MadeTables
from synth.engine.prepare import Prepared, prepare
from synth.engine.resuming import resumed
from synth.engine.run import RunResult, execute
from synth.tables.named import Tables
from synth.wording import counted

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd
    import pyarrow as pa

    from synth.engine.made import ShippedTable
    from synth.tables.arrow_table import ArrowTable


@speaking_python
def run(
    *recipe: Given,
    overwrite: bool = False,
    resume: "str | PathLike[str] | None" = None,
    progress: Progress = None,
    plugin_files: Paths = (),
    plugins_dirs: Paths = (),
    config_dirs: Paths = (),
) -> RunResult:
    """Makes the data of a recipe and writes it to its sinks.

    >>> result = synth.run("scenario=card_chain", "generator.transactions=2000", "sink.parquet.uri=out")
    >>> result.rows, result.fraud_rows
    (2000, 5)

    Args:
        recipe: texts as on the command line, ``"scenario=card_chain"``, ``"sink.parquet.uri=out"``, alone or in
            lists; and at most one mapping, a DictConfig too: a section that it has stands in the place of the default
            one, text in it chooses options. The texts override the mapping.
        overwrite: whether a run that is already in a sink's place may be replaced.
        resume: the place of an unfinished run to go on with: by the recipe that stands there, or by one given beside
            it, which has to be the same; a runner alone is none.
        progress: whether a bar is shown; None for one in notebooks only.
        plugin_files: Python files and package folders to load as plugins.
        plugins_dirs: folders of plugins; a broken one in there breaks only recipes that need it.
        config_dirs: folders of YAML choices, searched before the built-in ones.

    Raises:
        ConfigError: the configuration is wrong; nothing was written.
        RefusedError: the recipe cannot or must not be carried out; nothing was written.
        RunError: the run failed; what it had staged was taken back.
    """
    started = time.perf_counter()
    if resume is None:
        loaded, catalog, composed = load(recipe, plugin_files, plugins_dirs, config_dirs)
        directory = composed.directory
    else:
        texts, mapping = split(recipe)
        loaded, catalog, directory = resumed(
            str(resume),
            texts,
            given=mapping,
            plugin_files=as_paths(plugin_files),
            plugins_dirs=as_paths(plugins_dirs),
            config_dirs=as_paths(config_dirs),
        )
    with showing(progress) as told:
        return execute(
            loaded,
            catalog,
            started=started,
            overwrite=overwrite,
            directory=directory,
            progress=told,
            going_on="joins" if resume is None else "resumes",
        )


@speaking_python
def generate(
    *recipe: Given, plugin_files: Paths = (), plugins_dirs: Paths = (), config_dirs: Paths = ()
) -> "pd.DataFrame":
    """Makes the transactions of a recipe in memory; nothing is written.

    >>> frame = synth.generate("scenario=card_chain", "generator.transactions=2000")
    >>> int(frame.fraud_label.sum())
    5

    Returns:
        A frame with the columns of the recipe's view, as ``ArrowTable.to_pandas`` types them, in order of time.

    Args:
        recipe, plugin_files, plugins_dirs, config_dirs: as those of ``synth.run``.

    Raises:
        ConfigError: the configuration is wrong.
        RefusedError: the recipe cannot be carried out.
    """
    loaded, _, _ = load(recipe, plugin_files, plugins_dirs, config_dirs)
    return MadeTables(prepare(loaded)).table("transactions").to_pandas()


@speaking_python
def plan(*recipe: Given, plugin_files: Paths = (), plugins_dirs: Paths = (), config_dirs: Paths = ()) -> "RunPlan":
    """Decides all that a recipe leaves to chance beyond single blocks, and makes no rows yet.

    >>> plan = synth.plan("scenario=card_chain", "generator.transactions=2000")
    >>> plan.counts["transactions"], plan.counts["fraud"]
    (2000, 5)
    >>> sum(block.num_rows for block in plan.blocks())
    2000

    Args:
        recipe, plugin_files, plugins_dirs, config_dirs: as those of ``synth.run``.

    Raises:
        ConfigError: the configuration is wrong.
        RefusedError: the recipe cannot be carried out.
    """
    loaded, catalog, composed = load(recipe, plugin_files, plugins_dirs, config_dirs)
    return RunPlan(prepare(loaded), catalog, composed)


@dataclass(frozen=True, repr=False)
class RunPlan:
    """A recipe whose counts and fraud episodes are decided; its rows are made when somebody goes through them.

    Each time they are made anew, and they are the same each time, and those of ``run``.
    """

    _prepared: Prepared
    _catalog: Catalog
    _composed: Composed

    @property
    def counts(self) -> Mapping[str, Any]:
        """``transactions`` and ``fraud``, rows; ``scenarios``: name → its episodes and rows.

        Of a scenario that claims genuine rows it is None: how many shows when they are made, and ``fraud`` does not
        count them.
        """
        planned = self._prepared.plan
        return {
            "transactions": int(planned.rows_b.sum()),
            "fraud": planned.planned_rows(),
            "scenarios": planned.scenario_counts(),
        }

    @property
    def schema(self) -> "pa.Schema":
        """The columns of the transactions; unit, role and doc are in the fields' metadata."""
        return self.tables["transactions"].schema

    @property
    def fingerprint(self) -> str:
        """Hex digest of all that decides the data: recipes with the same one make the same data."""
        return self._prepared.recipe.fingerprint

    @cached_property
    def tables(self) -> "Mapping[str, ArrowTable]":
        """Every table that a run would write, made while somebody goes through it."""
        made = MadeTables(self._prepared)
        return Tables(made.names, made.table, "the plan has")

    @property
    def shipped(self) -> "Mapping[str, ShippedTable]":
        """The tables that grow with the transactions, for engines that have their blocks made by other processes."""
        return MadeTables(self._prepared).shipped()

    def made_of(self, table: str = "") -> "ShippedTable | ArrowTable":
        """What an engine makes a frame of: blocks that its processes make, or the rows of a table that comes once.

        Args:
            table: its name; empty for the first one, the transactions.

        Raises:
            RefusedError: the recipe has no such table.
        """
        table = table or next(iter(self.tables))
        return self.shipped.get(table) or self.tables[table]

    def blocks(self, table: str = "transactions") -> "Iterator[pa.RecordBatch]":
        """The rows of a table, in order, a block at a time: memory does not grow with them.

        Raises:
            RefusedError: the recipe has no such table.
        """
        return self.tables[table].blocks()

    @speaking_python
    def run(self, *, overwrite: bool = False, progress: Progress = None) -> RunResult:
        """Writes it to the recipe's sinks.

        Args:
            overwrite, progress: as those of ``synth.run``.

        Raises:
            RefusedError, RunError: as ``synth.run``.
        """
        with showing(progress) as told:
            return execute(
                self._prepared.recipe,
                self._catalog,
                started=time.perf_counter(),
                overwrite=overwrite,
                directory=self._composed.directory,
                progress=told,
                prepared=self._prepared,
            )

    def __repr__(self) -> str:
        return "\n".join(["synth.plan", *(f"  {name}: {text}" for name, text in self._lines())])

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in self._lines())
        return f"<table>{rows}</table>"

    def _lines(self) -> Iterator[tuple[str, str]]:
        counts = self.counts
        yield "rows", f"{counts['transactions']:,} in {counted(len(self._prepared.plan.rows_b), 'block')}"
        yield "fraud rows", f"{counts['fraud']:,}"
        for name, found in counts["scenarios"].items():
            planned = f"{found['rows']:,} rows in {counted(found['episodes'], 'episode')}" if found else ""
            yield f"scenario {name}", planned or "claims genuine rows"
        yield "tables", ", ".join(self.tables)
