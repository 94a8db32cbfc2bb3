"""``synth run -m``."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from synth.cli import output, screen
from synth.cli.reviews import RESULTS
from synth.cli.sweeps import JobOutcome, SweepReport, run_sweep
from synth.config.compose import shown
from synth.errors import PartlyDone, SynthError
from synth.wording import counted


def main(args: argparse.Namespace) -> int:
    """Runs every job of a sweep and shows a table of the results."""
    report = run_sweep(
        args.overrides,
        plugin_files=args.plugin,
        plugins_dirs=args.plugins_dir,
        config_dirs=args.config_dir,
        overwrite=args.overwrite,
        debug=args.debug,
        say=lambda text: None if args.quiet else print(text, file=sys.stderr, flush=True),
    )
    for warning in report.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    data = {
        "directory": str(report.directory),
        "jobs": [outcome.as_row() for outcome in report.outcomes],
        "best": [outcome.job for outcome in report.best],
    }
    text = show(report)
    error = failure_of(report)
    if error is None:
        return output.succeed(args, data, text)
    if not args.json and not args.quiet:
        output.say(text)
    return output.fail(args, error, error.exit_code, data)


def failure_of(report: SweepReport) -> SynthError | None:
    """What is wrong with a sweep that has ended; the exit code is that of the first job where no job is done."""
    outcomes, failed = report.outcomes, [outcome for outcome in report.outcomes if outcome.error]
    early = f"; the sweep ended early: {report.error}" if report.error and not failed else ""
    if not failed:
        return PartlyDone(f"{counted(len(outcomes), 'job')} done{early}") if early else None
    of = f"{len(failed)} of {len(outcomes)} jobs failed, the others are done"
    if len(failed) == len(outcomes):
        of = f"all {counted(len(failed), 'job')} failed" if len(failed) > 1 else "the only job failed"
    error: SynthError = PartlyDone(f"{of}; job {failed[0].job}: {failed[0].error}")
    if len(failed) == len(outcomes):
        error.exit_code = failed[0].exit_code
    return error


def show(report: SweepReport) -> str:
    """What all jobs have in common, a line a job with what differs, and the best ones below."""
    outcomes = report.outcomes
    columns = [*_columns(outcomes)]
    alike = [column for column in columns if len(outcomes) > 1 and len({*column.cells}) == 1 and not column.measured]
    common = "; ".join(f"{column.name} {column.cells[0]}" for column in alike if column.cells[0] not in ("", "-"))
    if overrides := " ".join(map(shown, _everywhere(outcomes))):
        common = f"{overrides}; {common}" if common else overrides
    left = [column for column in columns if column not in alike]
    table = [[column.name for column in left], *map(list, zip(*(column.cells for column in left), strict=True))]
    numbers = [place for place, column in enumerate(left) if column.number]
    best = [_best(outcome, outcomes) for outcome in report.best]
    return "\n\n".join(
        [
            *([screen.fill(f"all jobs: {common}")] if common else []),
            screen.table(table, right=numbers, head=True),
            *(["\n".join(best)] if best else []),
            str(report.directory / RESULTS),
        ]
    )


@dataclass(frozen=True)
class _Column:
    """A column of the table.

    Attributes:
        cells: one for each job.
        number: whether these are numbers.
        measured: whether they would be others the next time, and are alike by chance.
    """

    name: str
    cells: tuple[str, ...]
    number: bool = False
    measured: bool = False


def _columns(outcomes: Sequence[JobOutcome]) -> Iterator[_Column]:
    """What is told of each job."""
    yield _Column("job", tuple(str(o.job) for o in outcomes), number=True)
    yield _Column("overrides", tuple(_own(o, outcomes) for o in outcomes))
    yield _Column("rows", tuple(f"{o.rows:,}" if o.rows else "-" for o in outcomes), number=True)
    yield _Column("fraud rows", tuple(f"{o.fraud_rows:,}" if o.rows else "-" for o in outcomes), number=True)
    yield _Column("seconds", tuple(f"{o.seconds:.1f}" for o in outcomes), number=True, measured=True)
    if any(o.objectives for o in outcomes):
        yield _Column("objective", tuple(_values(o) or "-" for o in outcomes))
    yield _Column("digest", tuple(o.digest[:12] or "-" for o in outcomes))
    if any(o.error for o in outcomes):
        yield _Column("error", tuple(o.error.splitlines()[0] if o.error else "" for o in outcomes))


def _everywhere(outcomes: Sequence[JobOutcome]) -> list[str]:
    """The overrides that all of several jobs have."""
    first, *others = outcomes or [JobOutcome()]
    return [each for each in first.overrides if others and all(each in other.overrides for other in others)]


def _own(outcome: JobOutcome, outcomes: Sequence[JobOutcome]) -> str:
    """What a job has to itself."""
    everywhere = _everywhere(outcomes)
    return " ".join(shown(override) for override in outcome.overrides if override not in everywhere)


def _values(outcome: JobOutcome) -> str:
    return " ".join(f"{value:.6g}" for value in outcome.objectives)


def _best(outcome: JobOutcome, outcomes: Sequence[JobOutcome]) -> str:
    """A best job: its objectives, and what it has to itself."""
    return f"best: job {outcome.job}, objective {_values(outcome)}: {_own(outcome, outcomes)}"
