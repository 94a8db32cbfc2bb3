"""``synth run -m``."""

import argparse
from pathlib import Path

from synth.cli import output, screen
from synth.cli.sweeps import RESULTS, JobOutcome, run_sweep
from synth.engine.open_sinks import run_directory
from synth.errors import PartlyDone, SynthError, counted


def main(args: argparse.Namespace) -> int:
    """Runs every job of a sweep and shows a table of the results."""
    directory = run_directory(Path("sweeps"))
    outcomes = run_sweep(
        args.overrides,
        directory,
        plugin_files=args.plugin,
        plugins_dirs=args.plugins_dir,
        config_dirs=args.config_dir,
        overwrite=args.overwrite,
        debug=args.debug,
    )
    data = {"directory": str(directory), "jobs": [outcome.as_row() for outcome in outcomes]}
    failed = [outcome for outcome in outcomes if outcome.error]
    text = show(outcomes) + f"\n\n{directory / RESULTS}"
    if not failed:
        return output.succeed(args, data, text)
    if not args.json and not args.quiet:
        output.say(text)
    if len(failed) < len(outcomes):
        message = f"{len(failed)} of {len(outcomes)} jobs failed, the others are done"
        return output.fail(args, PartlyDone(f"{message}; job {failed[0].job}: {failed[0].error}"), 4, data)
    message = f"all {counted(len(failed), 'job')} failed" if len(failed) > 1 else "the only job failed"
    return output.fail(args, SynthError(f"{message}; job 0: {failed[0].error}"), failed[0].exit_code, data)


def show(outcomes: list[JobOutcome]) -> str:
    """A line a job."""
    head = ["job", "overrides", "rows", "fraud rows", "seconds", "digest", "error"]
    rows = [
        [
            str(o.job),
            str(o.as_row()["overrides"]),
            f"{o.rows:,}" if o.rows else "-",
            f"{o.fraud_rows:,}" if o.rows else "-",
            f"{o.seconds:.1f}",
            o.digest[:12] or "-",
            o.error.splitlines()[0] if o.error else "",
        ]
        for o in outcomes
    ]
    return screen.table([head, *rows], right=(0, 2, 3, 4), head=True)
