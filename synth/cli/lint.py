"""``synth lint``."""

import argparse
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from synth.check.foreign import read_foreign
from synth.check.records import Records, read_records
from synth.cli import output, recipes, screen
from synth.cli.parser import UsageError
from synth.cli.run import show_progress
from synth.config.catalog import load_catalog
from synth.config.compose import shown
from synth.errors import VerifyError
from synth.leaks import Finding, Report, lint
from synth.wording import counted

_OVERRIDE = re.compile(r"[+~]{0,2}[\w./@-]+(=|$)")

#: Of a sentence in the report.
_WIDTH = 80

#: Features of the same rows that are named.
_ALSO = 3

_WORDS = {
    "certain": "a rule that no genuine row breaks, or an id that can be undone",
    "strong": "an AUC beyond .60 or .40, or a difference of more than 20 in 100",
    "weak": "less than that, and no matter of chance",
}


def main(args: argparse.Namespace) -> int:
    """Looks for what gives fraud away."""
    report = lint(_records(args))
    data, text = as_data(report), show(report)
    if report.ok:
        return output.succeed(args, data, text)
    if not args.json and not args.quiet:
        output.say(text)
    message = f"{report.name}: {counted(len(report.findings), 'finding')}, the first: {report.findings[0].message}"
    return output.fail(args, VerifyError(message), 1, data)


def _records(args: argparse.Namespace) -> Records:
    """What the command was given: a place, the overrides of a recipe, or files with a mapping."""
    words: Sequence[str] = args.overrides
    if args.mapping:
        if not words:
            raise UsageError("lint", "--mapping explains files, and there are none")
        return read_foreign([Path(word) for word in words], args.mapping)
    if len(words) == 1 and is_place(words[0]):
        return read_records(words[0], load_catalog(args.plugin, args.plugins_dir))
    if not words:
        raise UsageError(
            "lint", "lint what? a place that holds a run, a recipe (scenario=card_chain), or files with --mapping"
        )
    if places := [word for word in words if is_place(word)]:
        raise UsageError("lint", f"one place, or a recipe: {places[0]!r} is no override; files need --mapping")
    from synth.engine.trial import tried

    recipe, catalog, _ = recipes.load(args)
    with show_progress(args) as progress, tried(recipe, catalog, progress) as place:
        return renamed(read_records(place, catalog), " ".join(map(shown, words)))


def renamed(records: Records, name: str) -> Records:
    """The same rows under the name of the recipe that made them."""
    return replace(records, name=name)


def is_place(word: str) -> bool:
    """Whether a word names a place rather than an override."""
    return "://" in word.partition("=")[0] or ("=" not in word and not word.startswith("~")) or Path(word).exists()


def as_data(report: Report) -> dict[str, Any]:
    """The report for ``--json``."""
    return {
        "uri": report.name,
        "rows": report.rows,
        "fraud_rows": report.fraud_rows,
        "episodes": report.scenarios,
        "rate": report.rate,
        "tests": report.tests,
        "findings": [_plain(finding) for finding in report.findings],
        "declared": [_plain(finding) for finding in report.declared],
        "not_checked": list(report.not_checked),
    }


def _plain(finding: Finding) -> dict[str, Any]:
    """A finding without what JSON has no number for."""
    plain = asdict(replace(finding, row_f=None))
    del plain["row_f"]
    return {**plain, "log_odds": max(finding.log_odds, -1e9)}


def show(report: Report) -> str:
    """The report by severity, in lines of a screen."""
    parts = [_head(report)]
    for severity, words in _WORDS.items():
        mine = [finding for finding in report.findings if finding.severity == severity]
        if mine:
            parts.append("\n".join([f"{severity}: {words}", *(line for each in mine for line in _lines(each))]))
    if report.declared:
        named: dict[str, None] = dict.fromkeys(f"{f.scenario}: {', '.join(f.declared)}" for f in report.declared)
        parts.append("\n".join(["declared, and so", *(_fill(f"  {each}") for each in named)]))
    if report.not_checked:
        parts.append("\n".join(["not checked", *(_fill(f"  {each}") for each in report.not_checked)]))
    return "\n\n".join([*parts, _fill(_last(report))])


def _head(report: Report) -> str:
    share = f"{100 * report.fraud_rows / max(report.rows, 1):.2g} %"
    compared = ", ".join(f"{name} {counted(episodes, 'episode')}" for name, episodes in report.scenarios.items())
    return _fill(
        f"{report.rows:,} rows, {report.fraud_rows:,} of them fraud ({share}): {compared or 'no scenario to compare'}"
    )


def _last(report: Report) -> str:
    if not report.scenarios and not report.findings:
        return "there was too little fraud to compare, or none: this says nothing"
    found = counted(len(report.findings), "finding") if report.findings else "no finding"
    tests = f"{sum(report.tests.values()):,} tests"
    return f"{found} in {tests}; rows without leaks give any in {100 * report.rate:g} of 100 reports at most"


def _lines(finding: Finding) -> Iterator[str]:
    where = f"{finding.scenario}: " if finding.scenario else ""
    yield _fill(f"  {where}{finding.message}")
    yield _fill(f"    {finding.family}; {finding.figures}; not declared")
    if finding.also:
        more = f" and {len(finding.also) - _ALSO} more" if len(finding.also) > _ALSO else ""
        yield _fill(f"    the same rows: {'; '.join(finding.also[:_ALSO])}{more}")


def _fill(text: str) -> str:
    indent = len(text) - len(text.lstrip())
    return "\n".join(screen.wrap(text, min(screen.screen_width() or _WIDTH, _WIDTH), 4 if indent < 4 else 0))
