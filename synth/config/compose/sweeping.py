"""Sweeps: Hydra's sweepers decide on the jobs, its launchers run them, and synth composes each one.

Hydra itself gets to see its own settings only. So nothing that a user configures, secrets included, reaches its
files, its logs or its directory names.
"""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hydra.core.plugins import Plugins
from hydra.core.utils import setup_globals
from hydra.errors import HydraException
from omegaconf import DictConfig, open_dict

from synth.config.compose.choices import check_choices
from synth.config.compose.composing import readable_errors
from synth.config.compose.files import Library
from synth.config.compose.grid import PARAMS, SweptOver, grid_problems, swept_values
from synth.config.compose.job_loading import launch_context, make_loader
from synth.config.compose.launching import Batches, JobTask, ReviewingLauncher
from synth.config.compose.loading import Repository, modern_hydra
from synth.config.compose.overrides import Given
from synth.config.compose.plugins import load_hydra_plugins
from synth.config.compose.results import Swept, Work
from synth.config.compose.settings import check_launch, goals_of, is_tolerant, load_settings
from synth.config.compose.sources import ConfigSource
from synth.config.compose.steering import SWEEP_DIR
from synth.errors import ConfigError, Problem, RefusedError, RunError, SynthError
from synth.wording import on_one_line

_TALKERS = ("hydra", "hydra_plugins", "optuna", "nevergrad")
_BASIC = "basic"

#: Hydra's settings, which its sweeper writes into the directory of the sweep.
_HYDRAS = "multirun.yaml"


def sweep_roots(overrides: Sequence[str], work: Work, roots: Sequence[ConfigSource]) -> Swept:
    """Sweep over the given roots; see ``synth.config.compose.sweep``."""
    now = datetime.now(UTC)  # noqa: TID251 — for places; data do not see it
    library = Library(roots=roots)
    choices = check_choices(library, overrides, multirun=True)
    plugins, warned = load_hydra_plugins()
    repository = Repository(roots, with_hydra=True)
    check_launch(choices, repository, warned)
    with readable_errors(library, choices.given, choices), modern_hydra():
        settings = load_settings(choices.given, repository, work.directory, now)
    name = str(settings.hydra.runtime.choices["hydra/sweeper"])
    swept = _take_over(settings, choices.given, repository, roots, grid=name == _BASIC)
    over = {item.parsed.get_key_element() for item in swept}
    batches = Batches(
        work=work,
        roots=roots,
        now=now,
        fixed=tuple(
            item.text for item in choices.given if not item.steers_hydra and item.parsed.get_key_element() not in over
        ),
        sweeper=name,
        proposed=name != _BASIC,
        goals=goals_of(settings),
        tolerant=name != _BASIC and is_tolerant(settings),
        settings=settings,
    )
    task = JobTask(task=work.run, roots=tuple(roots), working_dir=Path.cwd(), now=now)
    sweeper = _make_sweeper(plugins, settings, repository, task, batches)
    arguments = [item.text for item in swept if not item.where.startswith(PARAMS)]
    error = _carry_out(sweeper, arguments, batches)
    jobs = [batches.done[number] for number in sorted(batches.done)]
    if error and not jobs:
        raise error
    return Swept(directory=batches.directory, jobs=jobs, goals=batches.goals, error=error, warnings=warned)


def _take_over(
    settings: DictConfig, given: Sequence[Given], repository: Repository, roots: Sequence[ConfigSource], *, grid: bool
) -> list[SweptOver]:
    """What is swept. Of the sweeper's own values those stay that the command line does not set.

    Raises:
        ConfigError: there is nothing to sweep over, or too much.
    """
    params = settings.hydra.sweeper.get("params")
    own = {item.parsed.get_key_element() for item in given if not item.steers_hydra}
    if params is not None:
        with open_dict(params):
            for key in [key for key in params if str(key) in own]:
                del params[key]
    swept = swept_values(given, params, make_loader(repository))
    problems = grid_problems(swept, roots, grid=grid)
    if problems:
        raise ConfigError(problems)
    return swept


def _make_sweeper(
    plugins: Plugins, settings: DictConfig, repository: Repository, task: JobTask, batches: Batches
) -> Any:
    """A sweeper whose launcher reviews the jobs first.

    Raises:
        ConfigError: the sweeper or its launcher does not take its settings.
    """
    launcher = settings.hydra.runtime.choices["hydra/launcher"]
    make = plugins.instantiate_launcher

    def make_reviewing(**context: Any) -> ReviewingLauncher:
        return ReviewingLauncher(make(**context), batches)

    setup_globals()
    try:
        with _talking_less(), modern_hydra():
            vars(plugins)["instantiate_launcher"] = make_reviewing  # every sweeper asks for its launcher here
            sweeper: Any = plugins.instantiate_sweeper(
                hydra_context=launch_context(repository), task_function=task, config=settings
            )
    except Exception as error:
        message = f"hydra/sweeper={batches.sweeper} with hydra/launcher={launcher} cannot be set up"
        reason = on_one_line(f"{type(error).__name__}: {error}")
        raise ConfigError([Problem(path="hydra.sweeper", message=f"{message}: {reason}")]) from error
    finally:
        vars(plugins).pop("instantiate_launcher")
    if not batches.proposed:  # a grid is reviewed as a whole, and then launched in the batches that are asked for
        batches.at_once, sweeper.max_batch_size = sweeper.max_batch_size, None
    return sweeper


def _carry_out(sweeper: Any, arguments: list[str], batches: Batches) -> SynthError | None:
    """Sweeps; returns what ended the sweep early. A sweep without any job leaves no directory."""
    directory = batches.directory
    existing = next(path for path in (directory, *directory.parents) if path.exists())
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        hint = f"choose another one: {SWEEP_DIR}=…"
        return RefusedError(f"the sweep's directory {directory} cannot be made: {error.strerror}", hint=hint)
    try:
        with _talking_less(), modern_hydra(), _keeping(directory / _HYDRAS):
            sweeper.sweep(arguments)
    except SynthError as error:
        return error
    except Exception as error:  # noqa: BLE001 — sweepers and launchers are other people's code
        return _explain(error, batches)
    finally:
        while directory != existing and not batches.done:
            with suppress(OSError):
                directory.rmdir()
            directory = directory.parent
    return None


@contextmanager
def _keeping(path: Path) -> Iterator[None]:
    """Takes away the file that Hydra writes there; one that was there before stands aside and comes back."""
    aside = path.with_name(f".{path.name}.aside")
    if path.exists() and not aside.exists():
        path.rename(aside)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        if aside.exists():
            aside.rename(path)


def _explain(error: Exception, batches: Batches) -> SynthError:
    """What a sweeper, or a launcher, failed of: before its first job the configuration is to blame."""
    first = (str(error).splitlines() or [""])[0]
    if isinstance(error, HydraException):
        wrong: SynthError = ConfigError([Problem(path="", message=f"cannot sweep: {first}", hint=_hint(first))])
    elif batches.launched:
        wrong = RunError(f"hydra/sweeper={batches.sweeper} failed: {on_one_line(f'{type(error).__name__}: {error}')}")
    else:
        message = f"hydra/sweeper={batches.sweeper} cannot sweep: {on_one_line(f'{type(error).__name__}: {error}')}"
        wrong = ConfigError([Problem(path="hydra.sweeper", message=message)])
    wrong.__cause__ = error
    return wrong


def _hint(message: str) -> str:
    return "hydra/sweeper=optuna draws from an interval" if "INTERVAL" in message else ""


@contextmanager
def _talking_less() -> Iterator[None]:
    """Sweepers and launchers log every job's overrides, which may hold secrets, and what synth tells itself."""
    loggers = [logging.getLogger(name) for name in _TALKERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="|".join(_TALKERS))
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
