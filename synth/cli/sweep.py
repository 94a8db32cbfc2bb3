"""``synth run -m``."""

import argparse
import sys
from collections.abc import Sequence

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
    """A line a job, and the best ones below."""
    outcomes = report.outcomes
    measured = any(outcome.objectives for outcome in outcomes)
    head = ["job", "overrides", "rows", "fraud rows", "seconds", *["objective"] * measured, "digest", "error"]
    rows = [
        [
            str(o.job),
            str(o.as_row()["overrides"]),
            f"{o.rows:,}" if o.rows else "-",
            f"{o.fraud_rows:,}" if o.rows else "-",
            f"{o.seconds:.1f}",
            *[" ".join(f"{value:.6g}" for value in o.objectives) or "-"] * measured,
            o.digest[:12] or "-",
            o.error.splitlines()[0] if o.error else "",
        ]
        for o in outcomes
    ]
    table = screen.table([head, *rows], right=(0, 2, 3, 4), head=True)
    best = [_best(outcome, outcomes) for outcome in report.best]
    return "\n\n".join([table, *(["\n".join(best)] if best else []), str(report.directory / RESULTS)])


def _best(outcome: JobOutcome, outcomes: Sequence[JobOutcome]) -> str:
    """A best job: its objectives, and what it has to itself."""
    everywhere = set.intersection(*(set(each.overrides) for each in outcomes)) if len(outcomes) > 1 else set()
    own = " ".join(shown(override) for override in outcome.overrides if override not in everywhere)
    values = " ".join(f"{value:.6g}" for value in outcome.objectives)
    return f"best: job {outcome.job}, objective {values}: {own}"
