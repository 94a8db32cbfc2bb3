"""``synth stream``."""

import argparse
import sys
import time

from synth.cli import output, recipes, screen
from synth.cli.parser import UsageError
from synth.cli.run import command_line
from synth.config.recipe import Recipe
from synth.errors import InterruptedRun, PartlyDone
from synth.stream import Progress, Share, StreamResult, is_resumable, stream

_LINE_S = 5


def main(args: argparse.Namespace) -> int:
    """Sends the rows of a recipe in their time."""
    started = time.perf_counter()
    if args.part >= args.parts:
        raise UsageError("stream", f"--part {args.part} of {args.parts}: parts are counted from 0 to {args.parts - 1}")
    recipe, catalog, composed = recipes.load(args)
    output.keep_stdout_for(args, recipe)
    line = None if args.quiet else _Line()
    try:
        with output.ending_with_reader(recipe):
            result = stream(
                recipe,
                catalog,
                started=started,
                resume=args.resume,
                overwrite=args.overwrite,
                share=Share(args.part, args.parts),
                directory=composed.directory,
                tell=line.tell if line else None,
            )
    except (InterruptedRun, PartlyDone) as error:
        raise type(error)(f"{error}; {_way_on(args, recipe)}") from error
    finally:
        if line:
            line.end()
    return output.succeed(args, as_data(result), summarise(result))


def _way_on(args: argparse.Namespace, recipe: Recipe) -> str:
    name, part = next(iter(recipe.sinks.items()))
    if not is_resumable(part):
        return f"sink {name!r} remembers nothing: a new start begins at the first event"
    flags = [f"--parts {args.parts}", f"--part {args.part}"] if args.parts > 1 else []
    return f"it goes on with: {command_line(args, 'synth stream', *flags, '--resume')}"


def as_data(result: StreamResult) -> dict[str, object]:
    """The result for ``--json``."""
    lag = result.lag
    return {
        "place": result.place,
        "events": result.at.events,
        "fraud": result.at.fraud,
        "skipped": result.at.skipped,
        "events_per_s": None if result.rate is None else round(result.rate, 1),
        "lag_s": {"p50": lag.p50_s, "p99": lag.p99_s, "max": lag.max_s} if lag else None,
        "seconds": round(result.seconds, 3),
        "digest": result.digest,
    }


def summarise(result: StreamResult) -> str:
    """The last lines of a stream."""
    rows = [
        ["events", f"{result.at.events:,}"],
        ["fraud", f"{result.at.fraud:,}"],
        *([["skipped", f"{result.at.skipped:,}"]] if result.at.skipped else []),
        ["seconds", f"{result.seconds:.1f}"],
        *([["rate", f"{result.rate:,.0f} events/s from the first to the last"]] if result.rate is not None else []),
        *([["lag", str(result.lag)]] if result.lag else []),
        ["place", result.place],
        ["digest", result.digest],
    ]
    return screen.table(rows)


class _Line:
    """A line that stays in its place on a terminal; elsewhere a new one every few seconds."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._told, self._width = time.monotonic(), 0

    def tell(self, live: Progress) -> None:
        """Shows how it goes."""
        if self._terminal:
            text = show(live)
            print(f"\r{text.ljust(self._width)}", end="", file=sys.stderr, flush=True)
            self._width = len(text)
        elif time.monotonic() - self._told >= _LINE_S - 0.5:
            self._told = time.monotonic()
            print(show(live), file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leaves the line."""
        if self._width:
            print(file=sys.stderr)


def show(live: Progress) -> str:
    """How a stream goes, in one line."""
    parts = [f"{live.at.events:,} events", f"{live.rate:,.0f} a second", *([f"lag {live.lag}"] if live.lag else [])]
    parts += [f"{live.stats.in_flight:,} in flight", f"{live.at.fraud:,} fraud"]
    parts += [f"{live.at.skipped:,} skipped"] if live.at.skipped else []
    parts += [f"{live.stats.failed:,} failed"] if live.stats.failed else []
    return ", ".join(parts)
