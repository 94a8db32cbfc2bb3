"""Hydra's own part of a sweep's configuration: loaded, checked for code, and made to stay quiet and in its place."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from hydra.core.utils import JobRuntime
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict

from synth.config.compose.choices import Choices
from synth.config.compose.files import target_problem
from synth.config.compose.job_loading import make_loader
from synth.config.compose.loading import Repository
from synth.config.compose.overrides import Given, unknown_option
from synth.config.compose.resolving import forbidden_resolvers
from synth.config.compose.roots import PRIMARY
from synth.config.compose.stamps import with_time
from synth.config.compose.steering import SWEEP_DIR, resolve_place
from synth.errors import ConfigError, Problem

_SILENT = {"version": 1, "root": None, "disable_existing_loggers": False}
_HARMLESS = ("oc.env", "now", "hydra", "python_version")


def check_launch(choices: Choices, repository: Repository, warnings: Sequence[str]) -> None:
    """Launchers and sweepers are plugins of Hydra that may not be installed.

    Args:
        warnings: what is wrong with plugins of Hydra.
    """
    problems = []
    for group, entry in choices.steering.items():
        options = repository.get_group_options(group)
        for name, where in entry.wanted.options:
            if name in options or entry.optional or "${" in name:
                continue
            problem = unknown_option(group, name, options, where)
            if group in ("hydra/launcher", "hydra/sweeper"):
                kind = group.removeprefix("hydra/")
                hint = "; ".join(warnings) or f"pip install hydra-{name}-{kind}?"
                problem = replace(problem, hint=problem.hint or hint)
            problems.append(problem)
    if problems:
        raise ConfigError(problems)


def check_code(settings: DictConfig, given: Sequence[Given], repository: Repository) -> None:
    """Hydra instantiates what its settings name: only installed packages may write ``_target_``, or make it up.

    Resolvers such as ``oc.create`` return whole mappings, which no check of the files can see.
    """
    installed = _installed(settings, repository)
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


def _installed(settings: DictConfig, repository: Repository) -> set[str]:
    """Every text that an installed package has written."""
    chosen = [f"{group}/{name}" for group, name in settings.hydra.runtime.choices.items()]
    return set(repository.installed_texts(["hydra/config", *chosen]))


def load_settings(given: Sequence[Given], repository: Repository, directory: Path, now: datetime) -> DictConfig:
    """Hydra's own part of the configuration, made to write nothing, log nothing and stay where it is.

    The chosen groups take part, because an experiment may set the launcher; single keys do not, because they may
    belong to an option that only some of the jobs choose.

    Args:
        directory: the sweep's, where nobody names one.
        now: what ``${now:…}`` stands for.

    Raises:
        ConfigError: the settings name code, or no directory.
    """
    chosen = [
        item.text
        for item in given
        if item.steers_hydra or (not item.parsed.is_sweep_override() and repository.group_exists(item.group))
    ]
    try:
        settings = make_loader(repository).load_configuration(PRIMARY, chosen, RunMode.MULTIRUN)
    except (HydraException, AttributeError) as error:  # the latter from OmegaConf, where a value does not fit
        if problem := _misfit(error, given):
            raise ConfigError([problem]) from error
        raise
    with open_dict(settings):
        settings.hydra.overrides.task = []
        settings.hydra.overrides.hydra = []
    check_code(settings, given, repository)
    with open_dict(settings):
        for key in [key for key in settings if key != "hydra"]:
            del settings[key]
        hydra = settings.hydra
        hydra.mode = RunMode.MULTIRUN
        hydra.output_subdir = None
        hydra.job.chdir = False
        if hydra.job.name == JobRuntime.instance().get("name"):
            hydra.job.name = "synth"
        hydra.job_logging = _SILENT
        hydra.hydra_logging = _SILENT
        hydra.callbacks = {}
        hydra.verbose = False
        hydra.sweep.update(_places(settings, _installed(settings, repository), directory, now))
    return settings


def _misfit(error: Exception, given: Sequence[Given]) -> Problem | None:
    """Which setting of a launcher or sweeper is not there, or does not take its value; None where it is not that."""
    named = re.search(r"(?:Could not override '|Error merging override |full_key: )\+*([\w.]+)", str(error))
    item = next((each for each in given if named and each.steers_hydra and each.key == named[1]), None)
    if item is None:
        return None
    if str(error).startswith("Could not override"):
        message = f"'{item.key}' is no setting of what is chosen for {'.'.join(item.key.split('.')[:2])}"
        return Problem(path=item.key, message=message, where=item.where, hint=f"'+{item.shown}' adds one")
    reason = (str(error.__cause__ or error).splitlines() or [""])[0]
    return Problem(path=item.key, message=f"'{item.key}' does not take this value: {reason}", where=item.where)


def _places(settings: DictConfig, installed: set[str], directory: Path, now: datetime) -> dict[str, str]:
    """The sweep's directory, absolute, and how the jobs' are named."""
    places = OmegaConf.to_container(settings.hydra.sweep, resolve=False)
    assert isinstance(places, dict)
    problems: list[Problem] = []
    text = str(places["dir"])
    found = None
    if text not in installed:
        found = resolve_place(SWEEP_DIR, text, {"name": settings.hydra.job.name}, now, problems)
    if problems:
        raise ConfigError(problems)
    return {"dir": str(Path(found or directory).absolute()), "subdir": with_time(str(places["subdir"]), now)}


def goals_of(settings: DictConfig) -> tuple[str, ...]:
    """Whether a sweeper that looks for the best job looks for the least or the most, for each of its objectives.

    Optuna's says ``direction``, nevergrad's ``optim.maximize``, Ax's ``ax_config.experiment.minimize``.
    """
    own = _of_sweeper(settings)
    direction = own.get("direction")
    if direction is not None:
        return tuple(str(each) for each in (direction if isinstance(direction, list) else [direction]))
    for key, yes, no in (("maximize", "maximize", "minimize"), ("minimize", "minimize", "maximize")):
        for path, value in _leaves(own, ""):
            if path.rpartition(".")[2] == key:
                return (yes if value == "True" else no,)
    return ()


def is_tolerant(settings: DictConfig) -> bool:
    """Whether a sweeper is told to go on when jobs fail."""
    leaves = dict(_leaves(_of_sweeper(settings), ""))
    return any(path.rpartition(".")[2] == "max_failure_rate" and float(rate) > 0 for path, rate in leaves.items())


def _of_sweeper(settings: DictConfig) -> dict[str, Any]:
    own = OmegaConf.to_container(settings.hydra.sweeper, resolve=True, enum_to_str=True)
    return {str(key): value for key, value in own.items()} if isinstance(own, dict) else {}
