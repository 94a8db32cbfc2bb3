"""Many runs at once: Hydra's sweepers and launchers over ``execute``, one directory a job, one table of results."""

import csv
import dataclasses
import fcntl
import os
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from synth.config.catalog import Catalog, load_catalog
from synth.config.compose import Composed, Job, shown, sweep
from synth.config.recipe import build_recipe
from synth.engine.run import execute
from synth.errors import ConfigError, InterruptedRun, RunError, SynthError, traceback_of
from synth.sinks.places import STAGING

RESULTS = "results.csv"


@dataclass(frozen=True)
class JobOutcome:
    """How one job ended.

    Attributes:
        overrides: what this job set beyond the defaults.
        error: empty when the job is done.
        exit_code: what ``synth run`` would have returned.
    """

    job: int = -1
    overrides: tuple[str, ...] = ()
    rows: int = 0
    fraud_rows: int = 0
    seconds: float = 0.0
    digest: str = ""
    error: str = ""
    exit_code: int = 0

    def as_row(self) -> dict[str, object]:
        """For ``results.csv`` and ``--json``."""
        return {
            "job": self.job,
            "overrides": " ".join(map(shown, self.overrides)),
            "rows": self.rows,
            "fraud_rows": self.fraud_rows,
            "seconds": round(self.seconds, 3),
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

    def __call__(self, composed: Composed, directory: Path) -> JobOutcome:
        """Runs the job and adds it to the results; sinks without a uri write into the job's directory."""
        ended = self._run(composed, directory)
        outcome = dataclasses.replace(ended, job=int(directory.name), overrides=composed.overrides)
        _append_result(directory.parent, outcome)
        return outcome

    def _run(self, composed: Composed, directory: Path) -> JobOutcome:
        started = time.perf_counter()
        try:
            catalog = load_catalog(self.plugin_files, self.plugins_dirs)
            recipe = build_recipe(composed, catalog)
            result = execute(recipe, catalog, started=started, directory=directory, overwrite=self.overwrite)
        except InterruptedRun as interrupt:
            raise KeyboardInterrupt from interrupt  # stops the sweep, too
        except Exception as error:  # noqa: BLE001 — a plugin may fail in any way; the other jobs go on
            if self.debug:
                sys.stderr.write(traceback_of(error))
            return _failed(error, started)
        return JobOutcome(rows=result.rows, fraud_rows=result.fraud_rows, seconds=result.seconds, digest=result.digest)


def _failed(error: Exception, started: float) -> JobOutcome:
    if isinstance(error, SynthError):
        message, code = str(error).removeprefix("error: "), error.exit_code
    else:
        message, code = f"internal error: {type(error).__name__}: {error}", 1
    return JobOutcome(seconds=time.perf_counter() - started, error=message, exit_code=code)


def run_sweep(
    overrides: Sequence[str],
    directory: Path,
    *,
    plugin_files: Sequence[Path] = (),
    plugins_dirs: Sequence[Path] = (),
    config_dirs: Sequence[Path] = (),
    overwrite: bool = False,
    debug: bool = False,
) -> list[JobOutcome]:
    """Runs every job and writes ``results.csv`` into the sweep's directory.

    While the sweep goes on, and after one that was interrupted or killed, the table holds each job that has ended, in
    the order of ending; a job that does not compose joins it at the end. At the end all jobs stand there by number.

    Args:
        debug: whether the traceback of each job that fails goes to stderr.

    Raises:
        ConfigError: the sweep itself is set up wrongly; no job has run.
        RunError: the table cannot be written.
    """
    catalog = load_catalog(plugin_files, plugins_dirs)
    files, folders = (tuple(path.absolute() for path in paths) for paths in (plugin_files, plugins_dirs))
    task = SweepTask(files, folders, overwrite, debug)
    roots = catalog.config_roots
    try:
        with catalog.noting_broken_plugins():
            jobs = sweep(overrides, task, sweep_dir=directory, config_dirs=config_dirs, plugin_roots=roots)
        outcomes = [_outcome(job, catalog) for job in jobs]
        _write_results(directory, outcomes)
    except KeyboardInterrupt:
        _tidy(directory)
        raise
    return outcomes


def _outcome(job: Job, catalog: Catalog) -> JobOutcome:
    if isinstance(job.result, ConfigError):
        failed = _failed(catalog.with_broken_plugins_note(job.result), time.perf_counter())
        return dataclasses.replace(failed, job=job.number, overrides=job.overrides)
    outcome: JobOutcome = job.result
    return outcome


def _tidy(directory: Path) -> None:
    """Removes what killed workers had staged, and the directories of jobs that left nothing; finished jobs stay."""
    for staged in sorted(directory.rglob(f"{STAGING}*")):
        shutil.rmtree(staged) if staged.is_dir() else staged.unlink(missing_ok=True)
    for path in [*sorted(directory.rglob("*"), reverse=True), directory, directory.parent]:
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
