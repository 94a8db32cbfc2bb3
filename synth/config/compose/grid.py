"""The values that a sweep goes over, looked at before any sweeper does: none of them, no end of them, too many."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, RangeSweep, ValueType
from hydra.errors import HydraException

from synth.config.compose.overrides import Given
from synth.config.compose.roots import option_names
from synth.config.compose.sources import ConfigSource
from synth.errors import Problem

#: Of a grid. Each is composed and planned before the first one runs.
MOST_JOBS = 10_000
PARAMS = "hydra.sweeper.params"


@dataclass(frozen=True, kw_only=True)
class SweptOver(Given):
    """An override of several values.

    Attributes:
        written: where.
    """

    written: str

    @property
    def where(self) -> str:
        return self.written


def swept_values(given: Sequence[Given], params: Mapping[str, Any] | None, loader: ConfigLoader) -> list[SweptOver]:
    """The overrides that a sweeper goes over: those of its own settings, then those of the command line.

    A key that is given again is swept as it was given last, or not at all.

    Args:
        params: ``hydra.sweeper.params``.
    """
    parser = OverridesParser.create(config_loader=loader)
    every: dict[str, SweptOver] = {}
    for key, value in (params or {}).items():
        every |= _read(parser, f"{key}={value}", f"{PARAMS}.{key}")
    for item in given:
        if not item.steers_hydra:
            every |= _read(parser, item.text, item.where)
    return [item for item in every.values() if item.parsed.is_sweep_override()]


def _read(parser: OverridesParser, text: str, where: str) -> dict[str, SweptOver]:
    try:
        parsed = parser.parse_overrides([text])[0]
    except HydraException:
        return {}  # an optimizer may have a grammar of its own
    return {parsed.get_key_element(): SweptOver(text=text, parsed=parsed, written=where)}


def grid_problems(swept: Sequence[SweptOver], roots: Sequence[ConfigSource], *, grid: bool) -> list[Problem]:
    """Why there is nothing to sweep over, or too much.

    Args:
        grid: whether every combination is a job.
    """
    problems, jobs = [], 1.0
    for item in swept:
        if item.key == "sweep" or item.key.startswith("sweep."):
            message, hint = f"'{item.shown}' names several values", "several objectives: 'sweep.objective=[a,b]'"
            problems.append(Problem(path=item.key, message=message, where=item.where, hint=hint))
            continue
        count = _count(item.parsed)
        jobs *= count
        if math.isinf(count):
            message = f"'{item.shown}' never ends: its step is 0"
            problems.append(Problem(path=item.key, message=message, where=item.where, allowed=("a step other than 0",)))
        elif not count:
            problems.append(_nothing(item, roots))
    if grid and not problems and jobs > MOST_JOBS:
        message = f"this sweep has {jobs:,.0f} jobs, and a sweep has at most {MOST_JOBS:,}"
        largest = max(swept, key=lambda item: _count(item.parsed))
        hint = "sweep over fewer values, or take a sweeper that proposes: hydra/sweeper=optuna"
        problems.append(Problem(path=largest.key, message=message, where=largest.where, hint=hint))
    return problems


def _nothing(item: Given, roots: Sequence[ConfigSource]) -> Problem:
    message = f"'{item.shown}' holds no value, so that there is no job"
    options = option_names(roots, item.group) if item.parsed.value_type is ValueType.GLOB_CHOICE_SWEEP else ()
    return Problem(path=item.key, message=message, where=item.where, allowed=tuple(options))


def _count(override: Override) -> float:
    """How many values; those of an interval count as one, for a sweeper draws from it."""
    if override.is_interval_sweep():
        return 1
    value = override._value
    if isinstance(value, RangeSweep):
        return max(0, math.ceil(((value.stop or 0) - (value.start or 0)) / value.step)) if value.step else math.inf
    return sum(1 for _ in override.sweep_iterator())
