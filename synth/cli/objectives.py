"""What a sweep is after: the names of its objectives, their values of a run, and which job is the best."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, TypeVar

from synth.check.stats import measure
from synth.check.stats.figures import explain_figure, figure_names, figure_of
from synth.config.compose import Batch
from synth.config.part import SinkPart
from synth.config.recipe import Recipe
from synth.engine.run import RunResult
from synth.errors import Problem, RunError
from synth.wording import nearest

_PATH = "sweep.objective"
_STATS = "stats."

#: Counts of a run, by the names that they have in the table of results.
COUNTS = ("rows", "fraud_rows", "seconds")


class Scored(Protocol):
    """A job that has ended."""

    @property
    def objectives(self) -> tuple[float, ...]:
        """Empty where it failed."""


AnyScored = TypeVar("AnyScored", bound=Scored)


def objective_problems(recipe: Recipe, batch: Batch) -> Iterator[Problem]:
    """Why the objectives of a job cannot be had, or are not what its sweeper is after."""
    names, goals = recipe.sweep.objectives, batch.goals
    if goals and not names:
        message = f"hydra/sweeper={batch.sweeper} is after a figure of each job, and none is named"
        yield Problem(path=_PATH, message=message, hint=f"such as {_PATH}=stats.fraud.share_of_rows")
    elif goals and len(goals) != len(names):
        message = f"{_PATH} names {len(names)}, and hydra/sweeper={batch.sweeper} is after {len(goals)}"
        yield Problem(path=_PATH, message=message, hint="one direction for each: 'hydra.sweeper.direction=[…]'")
    columns = [shown.source for shown in recipe.columns.shown()]
    for name in names:
        if name.startswith(_STATS):
            reason, others = explain_figure(name.removeprefix(_STATS), list(recipe.scenarios), columns)
            if not reason and readable_sink(recipe) is None:
                reason = "is read from what a sink has written, and none of these sinks can be read back"
            if reason:
                hint = nearest(name, [f"{_STATS}{other}" for other in others])
                yield Problem(path=_PATH, message=f"{name!r} {reason}", hint=hint)
        elif name not in COUNTS:
            known = [*COUNTS, *(f"{_STATS}{figure}" for figure in figure_names())]
            allowed = (*COUNTS, "stats.… with a path in the answer of synth stats --json")
            yield Problem(
                path=_PATH, message=f"no objective named {name!r}", allowed=allowed, hint=nearest(name, known)
            )


def readable_sink(recipe: Recipe) -> str | None:
    """The first sink whose place can be read back."""

    def can(part: SinkPart) -> bool:
        return part.spec.place or part.spec.opens is not None

    return next((name for name, part in recipe.sinks.items() if can(part)), None)


def measure_objectives(recipe: Recipe, result: RunResult) -> tuple[float, ...]:
    """The values of a recipe's objectives.

    Raises:
        RunError: the run has no such figure.
    """
    names = recipe.sweep.objectives
    report: dict[str, Any] = {}
    if any(name.startswith(_STATS) for name in names):
        report = measure(result.places[str(readable_sink(recipe))], catalog=result.catalog)
    return tuple(_value(name, result, report) for name in names)


def _value(name: str, result: RunResult, report: dict[str, Any]) -> float:
    if not name.startswith(_STATS):
        return float(getattr(result, name))
    value = figure_of(report, name.removeprefix(_STATS))
    if value is None:
        left_out = "; ".join(report["left_out"])
        raise RunError(f"this run has no figure {name}" + (f" (left out: {left_out})" if left_out else ""))
    return value


def best_of(outcomes: Sequence[AnyScored], goals: Sequence[str]) -> list[AnyScored]:
    """The job that comes nearest to a goal; of several goals the jobs that no other one beats in all of them."""
    if not goals:
        return []
    signs = [-1 if goal == "maximize" else 1 for goal in goals]
    costs = [
        (each, tuple(sign * value for sign, value in zip(signs, each.objectives, strict=True)))
        for each in outcomes
        if len(each.objectives) == len(goals)
    ]
    if len(goals) == 1:
        return [min(costs, key=lambda pair: pair[1])[0]] if costs else []
    return [each for each, cost in costs if not any(_beats(other, cost) for _, other in costs)]


def _beats(one: Sequence[float], other: Sequence[float]) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))
