"""Many runs at once: Hydra's sweepers and launchers over ``execute``, one directory a job, one table of results."""

import csv
import dataclasses
import logging
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from synth.catalog import load_catalog
from synth.compose import Composed, sweep
from synth.errors import ConfigError, InterruptedRun, RunError, SynthError
from synth.execution import execute, without_secret
from synth.recipe import build_recipe
from synth.sinks.store_contract import STAGING

RESULTS = "results.csv"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
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
            "overrides": " ".join(map(without_secret, self.overrides)),
            "rows": self.rows,
            "fraud_rows": self.fraud_rows,
            "seconds": round(self.seconds, 3),
            "digest": self.digest,
            "error": self.error,
        }


@dataclass(frozen=True)
class SweepTask:
    """One job, in whatever process the launcher runs it."""

    plugin_files: tuple[Path, ...]
    overwrite: bool

    def __call__(self, composed: Composed, directory: Path) -> Outcome:
        """Runs the job; sinks without a uri write into the job's directory."""
        started = time.perf_counter()
        try:
            catalog = load_catalog(self.plugin_files)
            recipe = build_recipe(composed, catalog)
            result = execute(recipe, catalog, started=started, directory=directory, overwrite=self.overwrite)
        except InterruptedRun as interrupt:
            raise KeyboardInterrupt from interrupt  # stops the sweep, too
        except SynthError as error:
            return _failed(error, error.exit_code, started)
        except Exception as error:  # a plugin may fail in any way; the other jobs go on
            log.debug("a job failed", exc_info=error)
            return _failed(f"internal error: {type(error).__name__}: {error}", 1, started)
        return Outcome(rows=result.rows, fraud_rows=result.fraud_rows, seconds=result.seconds, digest=result.digest)


def _failed(error: object, exit_code: int, started: float) -> Outcome:
    told = str(error).removeprefix("error: ")
    return Outcome(seconds=time.perf_counter() - started, error=told, exit_code=exit_code)


def run_sweep(
    overrides: Sequence[str],
    directory: Path,
    *,
    plugin_files: Sequence[Path] = (),
    config_dirs: Sequence[Path] = (),
    overwrite: bool = False,
) -> list[Outcome]:
    """Runs every job and writes ``results.csv`` into the sweep's directory.

    Raises:
        ConfigError: the sweep itself is set up wrongly; no job has run.
        RunError: the table cannot be written.
    """
    catalog = load_catalog(plugin_files)
    task = SweepTask(tuple(path.absolute() for path in plugin_files), overwrite)
    try:
        jobs = sweep(overrides, task, sweep_dir=directory, config_dirs=config_dirs, plugin_roots=catalog.config_roots)
    except KeyboardInterrupt:
        _tidy(directory)
        raise
    outcomes = []
    for job in jobs:
        ended = job.result
        if isinstance(ended, ConfigError):
            ended = _failed(ended, ended.exit_code, time.perf_counter())
        outcomes.append(dataclasses.replace(ended, job=job.number, overrides=job.overrides))
    _write_results(directory, outcomes)
    return outcomes


def _tidy(directory: Path) -> None:
    """Removes what killed workers had staged, and the directories of jobs that left nothing; finished jobs stay."""
    for staged in sorted(directory.rglob(f"{STAGING}*")):
        shutil.rmtree(staged) if staged.is_dir() else staged.unlink(missing_ok=True)
    for path in [*sorted(directory.rglob("*"), reverse=True), directory, directory.parent]:
        with suppress(OSError):
            path.rmdir()


def _write_results(directory: Path, outcomes: Sequence[Outcome]) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with (directory / RESULTS).open("w", newline="") as file:
            writer = csv.DictWriter(file, list(outcomes[0].as_row()) if outcomes else [])
            writer.writeheader()
            writer.writerows(outcome.as_row() for outcome in outcomes)
    except OSError as error:
        raise RunError(f"{directory / RESULTS} cannot be written: {error.strerror}") from error
