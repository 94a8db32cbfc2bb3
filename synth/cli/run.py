"""``synth run``."""

import argparse
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from synth.cli import output, parts, recipes, screen
from synth.config.compose import shown
from synth.engine.open_sinks import make_sinks, run_directory
from synth.engine.resuming import resumed
from synth.engine.run import RunResult, execute
from synth.engine.write import RowsCallback
from synth.wording import counted

#: Seconds between two lines of progress, in a log.
_LINE_S = 5

_NO_FRAUD = "no fraud in it: no scenario is chosen; add one, such as scenario=card_chain (synth list scenario)"


def main(args: argparse.Namespace) -> int:
    """Makes the data, or a part of it, or plans it, or sweeps."""
    parts.refuse_flags(args)
    if args.workers:
        args.overrides = [*args.overrides, f"runner.workers={args.workers}"]
    if args.multirun:
        from synth.cli import sweep

        return sweep.main(args)
    started = time.perf_counter()
    if args.resume is not None:
        return _resume(args, started)
    recipe, catalog, composed = recipes.load(args)
    output.keep_stdout_for(args, recipe)
    if args.parts:
        with show_progress(args) as progress:
            return parts.make(args, recipe, catalog, progress)
    if args.dry_run:
        from synth.cli import plan
        from synth.engine.prepare import prepare

        prepared = prepare(recipe)
        directory = composed.directory or run_directory()
        for sink in make_sinks(prepared, directory, overwrite=args.overwrite).values():
            sink.check()
        return plan.show(args, prepared, composed, overwrite=args.overwrite)
    with show_progress(args) as progress, output.ending_with_reader(recipe):
        result = execute(
            recipe,
            catalog,
            started=started,
            overwrite=args.overwrite,
            directory=composed.directory,
            progress=progress,
        )
    if not (recipe.scenarios or args.quiet or args.json):
        print(_NO_FRAUD, file=sys.stderr)
    placed = composed.directory is not None or any(part.uri is not None for part in recipe.sinks.values())
    repeat = repeat_command(args, placed=placed)
    return output.succeed(args, as_data(result, repeat), summarise(result, repeat))


def _resume(args: argparse.Namespace, started: float) -> int:
    recipe, catalog, directory = resumed(
        args.resume,
        args.overrides,
        plugin_files=args.plugin,
        plugins_dirs=args.plugins_dir,
        config_dirs=args.config_dir,
    )
    with show_progress(args) as progress:
        result = execute(
            recipe,
            catalog,
            started=started,
            overwrite=args.overwrite,
            directory=directory,
            progress=progress,
            going_on="resumes",
        )
    return output.succeed(args, as_data(result, None), summarise(result, None))


def as_data(result: RunResult, repeat: str | None) -> dict[str, object]:
    """The result for ``--json``.

    Args:
        repeat: the command that makes the same data again; None where the recipe came from a place.
    """
    return {
        "places": dict(result.places),
        **({"folders": result.folders} if result.folders else {}),
        "rows": result.rows,
        "fraud_rows": result.fraud_rows,
        "seconds": round(result.seconds, 3),
        "digest": result.digest,
        **({"repeat": repeat} if repeat else {}),
    }


def summarise(result: RunResult, repeat: str | None) -> str:
    """The last lines of a run; ``repeat`` as in ``as_data``."""
    episodes = sum(
        counts["episodes"] for counts in next(iter(result.manifests.values()))["counts"]["scenarios"].values()
    )
    rows = [
        ["rows", f"{result.rows:,}"],
        ["fraud rows", f"{result.fraud_rows:,} in {counted(episodes, 'episode')}"],
        ["seconds", f"{result.seconds:.1f}, {result.rows / result.seconds:,.0f} rows/s"],
        *([name, place] for name, place in result.places.items()),
        *(["files", folder] for folder in result.folders.values()),
        *(["open", line] for line in result.openings[:1]),
        ["digest", result.digest],
    ]
    lines = [screen.table(rows)]
    if repeat:
        lines.append(screen.command("repeat", repeat, names=[row[0] for row in rows]))
    return "\n".join(lines)


def repeat_command(args: argparse.Namespace, *, placed: bool) -> str:
    """The exact command that makes the same data again, secrets left out.

    Args:
        placed: whether a sink has a place of its own, which then holds this run already.
    """
    return command_line(args, "synth run", *(["--overwrite"] if placed or args.overwrite else []))


def command_line(args: argparse.Namespace, command: str, *more: str) -> str:
    """A command with the plugins, folders and overrides of this one, secrets left out."""
    flags = [f"--plugin {shlex.quote(str(path))}" for path in args.plugin]
    flags += [f"--plugins-dir {shlex.quote(str(path))}" for path in args.plugins_dir]
    flags += [f"--config-dir {shlex.quote(str(path))}" for path in args.config_dir]
    return " ".join([command, *flags, *more, *(shlex.quote(shown(o)) for o in args.overrides)])


@contextmanager
def show_progress(args: argparse.Namespace) -> Iterator[RowsCallback | None]:
    """A bar on a terminal, a line every few seconds elsewhere, nothing with --quiet."""
    if args.quiet:
        yield None
    elif sys.stderr.isatty():
        from tqdm import tqdm

        with tqdm(unit=" rows", unit_scale=True, leave=False, smoothing=0.1, dynamic_ncols=True) as bar:

            def advance(rows: int, total: int, doing: str) -> None:
                bar.total = total or None
                bar.set_description(doing, refresh=False)
                if not bar.update(rows - bar.n):
                    bar.refresh()

            yield advance
    else:
        yield _Lines()


class _Lines:
    """Progress for a log: a line a few seconds after the one before, where there is something to tell."""

    def __init__(self) -> None:
        self._started = self._told = time.perf_counter()

    def __call__(self, rows: int, total: int, doing: str) -> None:
        now = time.perf_counter()
        if not rows:
            self._started = now  # of the rows: planning them is no part of their rate
        if now - self._told < _LINE_S:
            return
        self._told = now
        line = doing
        if 0 < rows < total:
            rate = rows / (now - self._started)
            left = (total - rows) / rate
            line = f"{doing}: {rows:,} of {total:,} rows, {rate:,.0f} rows/s, {left:.0f} s left"
        print(line, file=sys.stderr, flush=True)
