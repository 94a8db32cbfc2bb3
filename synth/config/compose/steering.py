"""Hydra's own settings: the few that synth honours, and why each of the others is refused."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from synth.config.compose.overrides import Given, targets_of
from synth.config.compose.resolving import forbidden_resolvers
from synth.config.compose.stamps import with_time
from synth.errors import Problem
from synth.wording import nearest

RUN_DIR, SWEEP_DIR, SUBDIR, JOB_NAME = "hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir", "hydra.job.name"
_PARTS = ("hydra.launcher", "hydra.sweeper")
_HONOURED = (RUN_DIR, SWEEP_DIR, SUBDIR, JOB_NAME, *_PARTS)
_IN_WORDS = f"{RUN_DIR}; with -m {SWEEP_DIR}, {SUBDIR}, hydra/launcher, hydra/sweeper and their keys; {JOB_NAME}"
_INSTEAD = {
    "hydra.mode": "add -m for a sweep",
    "hydra.verbose": "--debug shows where something fails",
    "hydra.job.chdir": "a run stays in its working directory",
    "hydra.output_subdir": "a run writes down its recipe in its manifest",
    "hydra.job.env_set": "export it before synth starts",
}
_PLACE_RESOLVERS = ("oc.env", "now", "hydra")


def steering_problems(given: Sequence[Given], *, multirun: bool) -> list[Problem]:
    """Why overrides of Hydra's own settings are refused.

    Args:
        multirun: whether they are given to a sweep.
    """
    found = (_setting_problem(item.group, item, multirun=multirun) for item in given if item.steers_hydra)
    return [problem for problem in found if problem]


def _setting_problem(name: str, given: Given, *, multirun: bool) -> Problem | None:
    if name == "hydra.searchpath" or any(targets_of(given)):
        return None  # told already
    where, swept = given.where, given.parsed.is_sweep_override()
    path = name.replace("/", ".")
    own = next((part for part in _PARTS if f"{path}.".startswith(f"{part}.")), path)
    if own not in _HONOURED:
        instead = next((hint for key, hint in _INSTEAD.items() if f"{path}.".startswith(f"{key}.")), "")
        hint = instead or nearest(path, _HONOURED)
        message = f"'{name}' is a setting of Hydra that synth does not read"
        return Problem(path=path, message=message, where=where, allowed=(_IN_WORDS,), hint=hint)
    if not multirun and own in (SWEEP_DIR, SUBDIR, *_PARTS):
        return Problem(path=path, message=f"'{name}' is for a sweep", where=where, hint="add -m to run one")
    if multirun and own == RUN_DIR:
        hint = f"{SWEEP_DIR}=… is that of a sweep"
        return Problem(path=path, message=f"'{name}' is for a single run", where=where, hint=hint)
    if swept:
        message = f"'{name}' names several values, and a sweep has one of them"
        hint = "one text with commas needs quotes of its own: 'key=\"a,b\"'"
        return Problem(path=path, message=message, where=where, hint=hint)
    return None


def run_directory(given: Sequence[Given], now: datetime, problems: list[Problem]) -> Path | None:
    """Where the sinks of a single run go that name no place: ``hydra.run.dir``, resolved; None where nobody says.

    Args:
        given: the overrides.
        problems: takes what is wrong.
    """
    said = {item.key: item for item in given if item.steers_hydra and not item.parsed.is_delete()}
    if RUN_DIR not in said:
        return None
    value, where = said[RUN_DIR].parsed.value(), said[RUN_DIR].where
    if isinstance(value, dict | list) or value is None or not str(value).strip():
        problems.append(Problem(path=RUN_DIR, message=f"'{RUN_DIR}' names no directory", where=where))
        return None
    forbidden = list(forbidden_resolvers(RUN_DIR, str(value), where, allowed=_PLACE_RESOLVERS))
    problems += forbidden
    name = str(said[JOB_NAME].parsed.value()) if JOB_NAME in said else "synth"
    place = None if forbidden else resolve_place(RUN_DIR, str(value), {"name": name, "num": 0}, now, problems, where)
    return Path(place) if place else None


def resolve_place(
    path: str, text: str, job: Mapping[str, Any], now: datetime, problems: list[Problem], where: str = ""
) -> str | None:
    """A directory's name with what it says of the job and the time filled in; None after noting what is wrong.

    Args:
        job: what ``hydra.job`` holds.
        now: what ``${now:…}`` stands for.
    """
    dotted = re.sub(r"\$\{\s*hydra\s*:", "${hydra.", with_time(text, now))
    config = OmegaConf.create({"hydra": {"job": dict(job)}, "place": dotted})
    try:
        return str(config.place)
    except OmegaConfBaseException as error:
        reason = str(error).splitlines()[0]
        problems.append(Problem(path=path, message=f"'{path}' cannot be resolved: {reason}", where=where))
        return None
