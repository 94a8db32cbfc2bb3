"""A run in parts: each process makes its share of the blocks alone; a commit puts them together."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import cast

from synth.config.catalog import Catalog
from synth.config.part import layout_hint
from synth.config.recipe import Recipe
from synth.contracts.sink import KeptSink, Sink
from synth.engine.going_on import Keeping, unkept
from synth.engine.kept_moves import keep_moves, recall_moves
from synth.engine.open_sinks import make_sinks, run_directory
from synth.engine.prepare import prepare, refuse_short_memory
from synth.engine.run import refuse_pace
from synth.engine.signals import is_interrupt
from synth.engine.write import PLANNING, RowsCallback, make_share
from synth.errors import ConfigError, InterruptedRun, Problem, blaming

#: What tells a task of a batch system which one it is.
TASK_NUMBERS = ("SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX")


@dataclass(frozen=True)
class PartResult:
    """What a part of a run made.

    Attributes:
        places: sink name → where its blocks stand.
        first, stop: the blocks of this part, half-open.
        rows: transactions in them.
        done: blocks of all parts that are there now.
        blocks: of the whole run.
    """

    places: Mapping[str, str]
    first: int
    stop: int
    rows: int
    done: int
    blocks: int


def blocks_of_part(blocks: int, part: int, parts: int) -> range:
    """The blocks of a part: as many as of any other, or one more."""
    return range(blocks * part // parts, blocks * (part + 1) // parts)


def part_from_environment() -> int:
    """The number of this task in a Slurm array or an indexed Kubernetes job, both counted from 0.

    Raises:
        ConfigError: neither says it, or both say another one.
    """
    told = {name: os.environ[name] for name in TASK_NUMBERS if os.environ.get(name)}
    if len({*told.values()}) == 1 and (number := next(iter(told.values()))).isdecimal():
        return int(number)
    found = f"neither {' nor '.join(TASK_NUMBERS)} is set"
    if told:
        found = f"{' and '.join(told)} {'is no number' if len(told) == 1 else 'are not one number'}"
    raise ConfigError([Problem(path="", message=f"--part env: {found}", allowed=("a number from 0 on",))])


def refuse_parts(recipe: Recipe, sinks: Mapping[str, Sink]) -> None:
    """Parts meet in a place, which every sink has to name, and nobody puts their rows into one file.

    Raises:
        ConfigError: names each sink that does not fit.
    """
    wrong = unkept(recipe, sinks)
    wrong += [
        Problem(path=f"sink.{name}.uri", message=f"sink.{name}.uri is null: parts need a place that they share")
        for name, part in recipe.sinks.items()
        if part.spec.place and part.uri is None
    ]
    for name, part in recipe.sinks.items():
        if part.spec.receipts and cast("KeptSink", sinks[name]).grows:
            message = f"sink.{name} writes one file, and parts cannot share one"
            wrong.append(Problem(path=f"sink.{name}", message=message, hint=layout_hint(name, part)))
    if wrong:
        raise ConfigError(wrong)


def make_part(
    recipe: Recipe,
    catalog: Catalog,
    *,
    part: int,
    parts: int,
    overwrite: bool = False,
    progress: RowsCallback | None = None,
) -> PartResult:
    """Makes the blocks of a part that are not there; whatever happens, those that are finished stay.

    Raises:
        ConfigError: a sink of the recipe cannot be written in parts.
        RefusedError, RunError, InterruptedRun: what is finished stays.
    """
    refuse_pace(recipe)
    if progress:
        progress(0, 0, PLANNING)
    prepared = prepare(recipe, partial(recall_moves, recipe, catalog))
    refuse_short_memory(prepared)
    sinks = make_sinks(prepared, run_directory(), overwrite=overwrite)
    refuse_parts(recipe, sinks)
    keeping = Keeping(prepared, catalog, sinks, "shares")
    share = blocks_of_part(len(prepared.plan.rows_b), part, parts)
    try:
        for name, sink in sinks.items():
            with blaming(f"sink {name!r}"):
                sink.check()
        keeping.join()
        keep_moves(prepared, catalog, keeping.keepers)
        for name, keeper in keeping.keepers.items():
            if part == 0 and prepared.extra:
                with blaming(f"sink {name!r}"):
                    keeper.once(prepared.extra)
        rows = sum(make_share(prepared, keeping.keepers, share, progress))
        done = min(len(keeper.found()) for keeper in keeping.keepers.values())
    except BaseException as error:
        left = keeping.let_go()
        if is_interrupt(error):
            raise InterruptedRun(f"interrupted: {left}") from error
        raise
    keeping.let_go()
    uris = {name: sink.uri for name, sink in sinks.items()}
    return PartResult(uris, share.start, share.stop, rows, done, len(prepared.plan.rows_b))
