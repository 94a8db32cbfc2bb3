"""``synth run --parts``, and what goes with it and with ``--resume``."""

import argparse

from synth.cli import output, screen
from synth.cli.parser import UsageError
from synth.config.catalog import Catalog
from synth.config.recipe import Recipe
from synth.engine.parts import PartResult, make_part, part_from_environment
from synth.engine.write import RowsCallback
from synth.wording import counted


def refuse_flags(args: argparse.Namespace) -> None:
    """Refuses flags that do not go together.

    Raises:
        UsageError: says which.
    """
    if (args.parts is None) != (args.part is None):
        raise UsageError("run", "--parts N and --part K need each other")
    others = [flag for flag, given in (("-m", args.multirun), ("--dry-run", args.dry_run)) if given]
    for flag, given in (("--resume", args.resume is not None), ("--parts", args.parts is not None)):
        if given and others:
            raise UsageError("run", f"{flag} is for one run that is carried out: leave out {others[0]}")
    if args.resume is not None and args.parts is not None:
        raise UsageError(
            "run", "--resume makes all blocks that are missing: leave it out for a part, which does so, too"
        )


def make(args: argparse.Namespace, recipe: Recipe, catalog: Catalog, progress: RowsCallback | None) -> int:
    """Makes one part."""
    part = part_from_environment() if args.part == "env" else args.part
    if part >= args.parts:
        raise UsageError("run", f"--part {part} of {args.parts}: parts are counted from 0 to {args.parts - 1}")
    made = make_part(recipe, catalog, part=part, parts=args.parts, overwrite=args.overwrite, progress=progress)
    return output.succeed(args, _as_data(made), _summarise(made))


def _as_data(made: PartResult) -> dict[str, object]:
    return {
        "places": dict(made.places),
        "rows": made.rows,
        "first_block": made.first,
        "part_blocks": made.stop - made.first,
        "done_blocks": made.done,
        "blocks": made.blocks,
    }


def _summarise(made: PartResult) -> str:
    uri = next(iter(made.places.values()))
    mine = f"{made.first} to {made.stop - 1}" if made.stop > made.first else "none: there are more parts than blocks"
    whole = made.done == made.blocks
    rows = [
        ["rows", f"{made.rows:,}"],
        ["blocks", mine],
        ["in all", f"{made.done:,} of {counted(made.blocks, 'block')} are there"],
        *([name, place] for name, place in made.places.items()),
        ["next", f"synth commit {uri}" if whole else f"the other parts, then synth commit {uri}"],
    ]
    return screen.table(rows)
