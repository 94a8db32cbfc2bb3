"""Sweeps: Hydra's sweepers decide on the jobs, its launchers run them, and synth composes each one.

Hydra itself gets to see its own settings only. So nothing that a user configures, secrets included, reaches its
files, its logs or its directory names, and a job that does not compose fails alone.
"""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict

from synth.config.compose.choices import Choices, check_choices
from synth.config.compose.composing import compose_roots, readable_errors
from synth.config.compose.files import Library, target_problem
from synth.config.compose.loading import Repository, launch_context, make_loader, modern_hydra
from synth.config.compose.overrides import Given, unknown_option
from synth.config.compose.resolving import forbidden_resolvers
from synth.config.compose.results import Composed, Job
from synth.config.compose.roots import PRIMARY
from synth.config.compose.sources import ConfigSource
from synth.errors import ConfigError, Problem

_SILENT = {"version": 1, "root": None, "disable_existing_loggers": False}
_HARMLESS = ("oc.env", "now", "hydra", "python_version")


def sweep_roots(
    overrides: Sequence[str], task: Callable[[Composed, Path], Any], sweep_dir: Path, roots: Sequence[ConfigSource]
) -> list[Job]:
    """Sweep over the given roots; see ``synth.config.compose.sweep``."""
    directory = Path(sweep_dir).absolute()
    library = Library(roots=roots)
    choices = check_choices(library, overrides, multirun=True)
    given = choices.given
    plugins = Plugins.instance()
    repository = Repository(roots, with_hydra=True)
    _check_launch(choices, repository)
    with readable_errors(library, given, choices), modern_hydra():
        settings = _hydra_settings(given, repository, directory)
        _check_code(settings, given, repository)
        sweeper = plugins.instantiate_sweeper(
            hydra_context=launch_context(repository),
            task_function=JobTask(task=task, roots=tuple(roots), sweep_dir=directory, working_dir=Path.cwd()),
            config=settings,
        )
    arguments = [item.text for item in given if not item.steers_hydra]
    try:
        with quiet_hydra():
            returned = sweeper.sweep(arguments=arguments)
    except HydraException as error:
        raise ConfigError([Problem(path="", message=f"cannot sweep: {str(error).splitlines()[0]}")]) from error
    finally:
        (directory / "multirun.yaml").unlink(missing_ok=True)
    return sorted((_job(outcome, directory) for outcome in _outcomes(returned)), key=lambda job: job.number)


def _check_launch(choices: Choices, repository: Repository) -> None:
    """Launchers and sweepers are plugins of Hydra that may not be installed."""
    problems = []
    for group, entry in choices.steering.items():
        options = repository.get_group_options(group)
        for name, where in entry.wanted.options:
            if name in options or entry.optional or "${" in name:
                continue
            problem = unknown_option(group, name, options, where)
            if group in ("hydra/launcher", "hydra/sweeper"):
                kind = group.removeprefix("hydra/")
                problem = replace(problem, hint=problem.hint or f"pip install hydra-{name}-{kind}?")
            problems.append(problem)
    if problems:
        raise ConfigError(problems)


def _check_code(settings: DictConfig, given: Sequence[Given], repository: Repository) -> None:
    """Hydra instantiates what its settings name: only installed packages may write ``_target_``, or make it up.

    Resolvers such as ``oc.create`` return whole mappings, which no check of the files can see.
    """
    chosen = [f"{group}/{name}" for group, name in settings.hydra.runtime.choices.items()]
    installed = set(repository.installed_texts(["hydra/config", *chosen]))
    problems: list[Problem] = []
    for path, value in _leaves(OmegaConf.to_container(settings, resolve=False), ""):
        if value in installed:
            continue
        where = next((item.where for item in given if item.steers_hydra and f"{path}.".startswith(f"{item.key}.")), "")
        if "_target_" in path.split("."):
            problems.append(target_problem(path, where))
        elif path.startswith("hydra.job.env_set."):
            message = f"'{path}' is not allowed: a variable such as PYTHONPATH decides which code is loaded"
            problems.append(Problem(path=path, message=message, where=where, hint="export it before synth starts"))
        else:
            problems += forbidden_resolvers(path, value, where, allowed=_HARMLESS)
    if problems:
        raise ConfigError(problems)


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list):
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(child, f"{path}.{key}".lstrip("."))
    else:
        yield path, str(value)


def _hydra_settings(given: Sequence[Given], repository: Repository, sweep_dir: Path) -> DictConfig:
    """Hydra's own part of the configuration, made to write nothing, log nothing and stay where it is.

    The chosen groups take part, because an experiment may set the launcher; single keys do not, because they may
    belong to an option that only some of the jobs choose.
    """
    chosen = [
        item.text
        for item in given
        if item.steers_hydra or (not item.parsed.is_sweep_override() and repository.group_exists(item.group))
    ]
    settings = make_loader(repository).load_configuration(PRIMARY, chosen, RunMode.MULTIRUN)
    with open_dict(settings):
        for key in [key for key in settings if key != "hydra"]:
            del settings[key]
        hydra = settings.hydra
        hydra.mode = RunMode.MULTIRUN
        hydra.sweep.dir = str(sweep_dir)
        hydra.sweep.subdir = "${hydra.job.num}"
        hydra.output_subdir = None
        hydra.job.chdir = False
        hydra.job.name = "synth"
        hydra.job_logging = _SILENT
        hydra.hydra_logging = _SILENT
        hydra.callbacks = {}
        hydra.overrides.task = []
        hydra.overrides.hydra = []
    return settings


@dataclass(frozen=True, kw_only=True)
class SweepOutcome:
    """What a job sends back. An exception with arguments of its own may not survive pickling; problems do."""

    number: int
    overrides: tuple[str, ...]
    result: Any = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class JobTask:
    """What Hydra's launchers call, in this process or in another one."""

    task: Callable[[Composed, Path], Any]
    roots: tuple[ConfigSource, ...]
    sweep_dir: Path
    working_dir: Path

    def __call__(self, _: DictConfig) -> SweepOutcome:
        if Path.cwd() != self.working_dir:
            os.chdir(self.working_dir)  # a reused worker process stands where an earlier sweep was started
        settings = HydraConfig.get()
        number = int(settings.job.num)
        overrides = tuple(str(override) for override in settings.overrides.task)
        try:
            composed = compose_roots(overrides, self.roots)
        except ConfigError as error:
            return SweepOutcome(number=number, overrides=overrides, problems=error.problems)
        result = self.task(composed, self.sweep_dir / str(number))
        return SweepOutcome(number=number, overrides=overrides, result=result)


def _outcomes(returned: Any) -> Iterator[SweepOutcome]:
    if isinstance(returned, JobReturn):
        yield returned.return_value
    elif isinstance(returned, list | tuple):
        for part in returned:
            yield from _outcomes(part)
    else:
        message = "cannot sweep: this sweeper does not hand its jobs back"
        raise ConfigError([Problem(path="hydra.sweeper", message=message)])


def _job(outcome: SweepOutcome, sweep_dir: Path) -> Job:
    return Job(
        number=outcome.number,
        overrides=outcome.overrides,
        directory=sweep_dir / str(outcome.number),
        result=ConfigError(outcome.problems) if outcome.problems else outcome.result,
    )


@contextmanager
def quiet_hydra() -> Iterator[None]:
    """Hydra logs every job's overrides, which may hold secrets."""
    loggers = [logging.getLogger(name) for name in ("hydra", "hydra_plugins")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
