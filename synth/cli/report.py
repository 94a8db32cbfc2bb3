"""``synth report``."""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from synth.check.stats.subject import Subject, read_subject
from synth.cli import output, recipes
from synth.cli.lint import is_place
from synth.cli.parser import UsageError
from synth.cli.run import command_line, show_progress
from synth.config.catalog import load_catalog
from synth.report import as_data, make_report, require_charts, write_report
from synth.report.files import check_free, write_whole


def main(args: argparse.Namespace) -> int:
    """Writes what a place holds, or what a recipe makes, as one file."""
    _check_words(args)
    if args.format == "html":
        require_charts()
    file = args.output or Path(f"report.{args.format}")
    check_free(file, overwrite=args.overwrite)
    with _subject(args) as (subject, repeat):
        parts = make_report(subject, repeat)
    if args.format == "json":
        text = json.dumps({"title": subject.name, "parts": as_data(parts)}, indent=1) + "\n"
    else:
        text = write_report(args.format, f"Report: {subject.name}", parts)
    write_whole(file, text, overwrite=args.overwrite)
    size = len(text.encode())
    return output.succeed(args, {"file": str(file), "bytes": size}, f"{file}, {output.size(size)}")


def _check_words(args: argparse.Namespace) -> None:
    words = args.overrides
    if not words:
        raise UsageError("report", "report what? a place that holds a run, or a recipe (scenario=card_chain)")
    if places := [word for word in words if is_place(word) and len(words) > 1]:
        raise UsageError("report", f"one place, or a recipe: {places[0]!r} is no override")


@contextmanager
def _subject(args: argparse.Namespace) -> Iterator[tuple[Subject, str]]:
    """What the command was given, a place or the overrides of a recipe, and the command that makes it again."""
    words = args.overrides
    if is_place(words[0]):
        yield read_subject(words[0], load_catalog(args.plugin, args.plugins_dir)), ""
        return
    from synth.engine.trial import tried

    recipe, catalog, _ = recipes.load(args)
    with show_progress(args) as progress, tried(recipe, catalog, progress) as place:
        yield replace(read_subject(place, catalog), name=" ".join(words)), command_line(args, "synth run")
