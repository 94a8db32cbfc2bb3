"""``synth report``."""

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from synth.check.foreign import read_foreign
from synth.check.reader import open_output
from synth.check.stats.subject import Subject, read_subject, subject_of
from synth.cli import output, recipes
from synth.cli.lint import is_place
from synth.cli.parser import UsageError
from synth.cli.run import command_line, show_progress
from synth.config.catalog import load_catalog
from synth.config.compose import shown
from synth.report import as_data, make_report, read_answer, require_charts, write_report
from synth.report.files import check_apart, check_free, write_whole
from synth.wording import hide_secrets


def main(args: argparse.Namespace) -> int:
    """Writes what a place, a recipe or files of other people have, as one file."""
    _check_words(args)
    if args.format == "html":
        require_charts()
    file = args.output or Path(f"report.{args.format}")
    _require_places(args)
    check_free(file, overwrite=args.overwrite)
    given = [*args.overrides, *filter(None, [args.against, args.mapping]), *args.answers]
    check_apart(file, (Path(each) for each in given if os.path.exists(each)))  # noqa: PTH110 — an override may be too long
    answers = [read_answer(answer) for answer in args.answers]
    against = _read(args, [args.against]) if args.against else None
    with _subject(args) as (subject, repeat):
        parts = make_report(subject, repeat, against, answers)
    if args.format == "json":
        text = json.dumps({"title": subject.name, "parts": as_data(parts)}, indent=1) + "\n"
    else:
        text = write_report(args.format, f"Report: {subject.name}", parts)
    write_whole(file, text, overwrite=args.overwrite)
    size = len(text.encode())
    return output.succeed(args, {"file": str(file), "bytes": size}, f"{file}, {output.size(size)}")


def _check_words(args: argparse.Namespace) -> None:
    """Refuses words that do not go together."""
    words: Sequence[str] = args.overrides
    if not words:
        raise UsageError("report", "report what? a place that holds a run, or a recipe (scenario=card_chain)")
    files = [word for word in [*words, *filter(None, [args.against])] if Path(word).is_file()]
    if files and not args.mapping:
        raise UsageError("report", f"{files[0]} is a file: --mapping says which of its columns is what")
    if args.mapping and not files:
        raise UsageError("report", "--mapping explains files, and there are none")
    missing = [word for word in words if is_place(word) and word not in files]
    if missing and {*words} & {*files}:
        raise UsageError("report", f"there is no file {missing[0]!r}")
    places = [word for word in words if is_place(word)]
    if places and len(words) > 1 and not all(word in files for word in words):
        raise UsageError("report", f"one place, or a recipe, or files: {places[0]!r} is no override")


def _require_places(args: argparse.Namespace) -> None:
    """Refuses a place that holds no run before anything is said of where the report goes.

    Raises:
        RefusedError: says what it holds.
    """
    named = [args.overrides[0], *filter(None, [args.against])]
    if places := [word for word in named if is_place(word) and not Path(word).is_file()]:
        catalog = load_catalog(args.plugin, args.plugins_dir)
        for place in places:
            open_output(place, catalog)


def _read(args: argparse.Namespace, words: Sequence[str]) -> Subject:
    """The rows of a place, or of files with a mapping."""
    if Path(words[0]).is_file():
        return subject_of(read_foreign([Path(word) for word in words], args.mapping))
    subject = read_subject(words[0], load_catalog(args.plugin, args.plugins_dir))
    return replace(subject, name=hide_secrets(words[0]))


@contextmanager
def _subject(args: argparse.Namespace) -> Iterator[tuple[Subject, str]]:
    """What the command was given, and the command that makes it again; empty where none is known."""
    words: Sequence[str] = args.overrides
    if is_place(words[0]):
        yield _read(args, words), ""
        return
    from synth.engine.trial import tried

    recipe, catalog, _ = recipes.load(args)
    with show_progress(args) as progress, tried(recipe, catalog, progress) as place:
        yield replace(read_subject(place, catalog), name=" ".join(map(shown, words))), command_line(args, "synth run")
