"""Many runs at once: Hydra's sweepers and launchers over ``execute``, one directory a job, one table of results."""

import csv
import dataclasses
import fcntl
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from synth.cli.objectives import best_of, measure_objectives
from synth.cli.reviews import RESULTS, Review
from synth.config.catalog import Catalog, load_catalog
from synth.config.compose import Composed, Job, JobPlace, Work, shown, sweep
from synth.config.recipe import build_recipe
from synth.engine.open_sinks import run_directory
from synth.engine.run import execute
from synth.errors import InterruptedRun, RunError, SynthError, traceback_of
from synth.sinks.places import STAGING


@dataclass(frozen=True)
class JobOutcome:
    """How one job ended.

    Attributes:
        overrides: all that makes it, as a single run would take them.
        place: where its tables are, of each sink.
        objectives: in the order in which the recipe names them.
        error: empty when the job is done.
        exit_code: what ``synth run`` would have returned.
    """

    job: int = -1
    overrides: tuple[str, ...] = ()
    place: str = ""
    rows: int = 0
    fraud_rows: int = 0
    seconds: float = 0.0
    objectives: tuple[float, ...] = ()
    digest: str = ""
    error: str = ""
    exit_code: int = 0

    def as_row(self) -> dict[str, object]:
        """For ``results.csv`` and ``--json``."""
        return {
            "job": self.job,
            "overrides": " ".join(map(shown, self.overrides)),
            "place": self.place,
            "rows": self.rows,
            "fraud_rows": self.fraud_rows,
            "seconds": round(self.seconds, 3),
            "objective": " ".join(f"{value!r}" for value in self.objectives),
            "digest": self.digest,
            "error": self.error,
        }


COLUMNS = list(JobOutcome().as_row())


@dataclass(frozen=True)
class SweepTask:
    """One job, in whatever process the launcher runs it.

    Attributes:
        debug: whether a failure's traceback goes to stderr.
    """

    plugin_files: tuple[Path, ...]
    plugins_dirs: tuple[Path, ...]
    overwrite: bool
    debug: bool = False

    def __call__(self, composed: Composed, place: JobPlace) -> JobOutcome:
        """Runs the job and adds it to the results; sinks without a uri write into the job's directory."""
        ended = self._run(composed, place.directory)
        outcome = dataclasses.replace(ended, job=place.number, overrides=composed.overrides)
        _append_result(place.sweep, outcome)
        return outcome

    def _run(self, composed: Composed, directory: Path) -> JobOutcome:
        started = time.perf_counter()
        outcome = JobOutcome()
        try:
            catalog = load_catalog(self.plugin_files, self.plugins_dirs)
            recipe = build_recipe(composed, catalog)
            result = execute(recipe, catalog, started=started, directory=directory, overwrite=self.overwrite)
            outcome = JobOutcome(
                place=" ".join(map(_readable, result.places.values())),
                rows=result.rows,
                fraud_rows=result.fraud_rows,
                seconds=result.seconds,
                digest=result.digest,
            )
            return dataclasses.replace(outcome, objectives=measure_objectives(recipe, result))
        except InterruptedRun as interrupt:
            raise KeyboardInterrupt from interrupt  # stops the sweep, too
        except Exception as error:  # noqa: BLE001 — a plugin may fail in any way; the other jobs go on
            if self.debug:
                sys.stderr.write(traceback_of(error))
            failed = _failed(error, started)
            if not outcome.digest:
                return failed
            # the data stand, although the objective could not be measured
            return dataclasses.replace(outcome, error=failed.error, exit_code=failed.exit_code)


def _readable(uri: str) -> str:
    """A directory below the working directory by its relative path."""
    path = Path(uri)
    return str(path.relative_to(Path.cwd())) if path.is_absolute() and path.is_relative_to(Path.cwd()) else uri


def _failed(error: Exception, started: float) -> JobOutcome:
    if isinstance(error, SynthError):
        message, code = str(error).removeprefix("error: "), error.exit_code
    else:
        message, code = f"internal error: {type(error).__name__}: {error}", 1
    return JobOutcome(seconds=time.perf_counter() - started, error=message, exit_code=code)


@dataclass(frozen=True)
class SweepReport:
    """How a sweep ended.

    Attributes:
        directory: the sweep's own.
        best: the jobs that a sweeper was after: one, or of several objectives those that no other one beats in all.
        error: why the sweeper went no further.
        warnings: what does not keep the sweep from its work.
    """

    directory: Path
    outcomes: Sequence[JobOutcome]
    best: Sequence[JobOutcome] = ()
    error: SynthError | None = None
    warnings: Sequence[str] = field(default_factory=list)


def run_sweep(
    overrides: Sequence[str],
    *,
    plugin_files: Sequence[Path] = (),
    plugins_dirs: Sequence[Path] = (),
    config_dirs: Sequence[Path] = (),
    overwrite: bool = False,
    debug: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> SweepReport:
    """Runs every job and writes ``results.csv`` into the sweep's directory.

    While the sweep goes on, and after one that was interrupted or killed, the table holds each job that has ended, in
    the order of ending. At the end all jobs stand there by number.

    Args:
        debug: whether the traceback of each job that fails goes to stderr.
        say: takes what there is to know before the first job starts.

    Raises:
        SynthError: the sweep is set up wrongly, or one of its first jobs cannot run; no job has run.
        RunError: the table cannot be written.
    """
    catalog = load_catalog(plugin_files, plugins_dirs)
    files, folders = (tuple(path.absolute() for path in paths) for paths in (plugin_files, plugins_dirs))
    review = Review(catalog, overwrite=overwrite, say=say)
    work = Work(
        run=SweepTask(files, folders, overwrite, debug),
        review=review,
        objectives=_objectives,
        directory=run_directory(Path("sweeps")),
    )
    try:
        with catalog.noting_broken_plugins():
            swept = sweep(overrides, work, config_dirs=config_dirs, plugin_roots=catalog.config_roots)
    except KeyboardInterrupt:
        _tidy(review.directories)
        for path in (work.directory, work.directory.parent):
            with suppress(OSError):
                path.rmdir()
        raise
    outcomes = [_outcome(job, catalog) for job in swept.jobs]
    _write_results(swept.directory, outcomes)
    best = best_of(outcomes, swept.goals)
    return SweepReport(Path(_readable(str(swept.directory))), outcomes, best, swept.error, swept.warnings)


def _objectives(outcome: JobOutcome) -> Sequence[float]:
    """Of a job that is done."""
    if outcome.error:
        raise RunError(f"job {outcome.job}: {outcome.error}")
    return outcome.objectives


def _outcome(job: Job, catalog: Catalog) -> JobOutcome:
    if isinstance(job.result, SynthError):
        failed = _failed(job.result, time.perf_counter())
        return dataclasses.replace(failed, job=job.number, overrides=job.overrides)
    outcome: JobOutcome = job.result
    return outcome


def _tidy(directories: Sequence[Path]) -> None:
    """Removes what killed workers had staged, and the directories of jobs that left nothing; finished jobs stay."""
    for directory in directories:
        for staged in sorted(directory.rglob(f"{STAGING}*")):
            shutil.rmtree(staged) if staged.is_dir() else staged.unlink(missing_ok=True)
        for path in [*sorted(directory.rglob("*"), reverse=True), directory]:
            with suppress(OSError):
                path.rmdir()


def _append_result(directory: Path, outcome: JobOutcome) -> None:
    """Adds a row; jobs may end at the same time in several processes. What fails here is told at the end."""
    with suppress(OSError), (directory / RESULTS).open("a", newline="") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        writer = csv.DictWriter(file, COLUMNS)
        if file.seek(0, os.SEEK_END) == 0:
            writer.writeheader()
        writer.writerow(outcome.as_row())


def _write_results(directory: Path, outcomes: Sequence[JobOutcome]) -> None:
    """Puts the whole table in the place of the one that has grown."""
    staged = directory / f"{STAGING}{RESULTS}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with staged.open("w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(outcome.as_row() for outcome in outcomes)
        staged.replace(directory / RESULTS)
    except OSError as error:
        with suppress(OSError):
            staged.unlink()
        raise RunError(f"{directory / RESULTS} cannot be written: {error.strerror}") from error
