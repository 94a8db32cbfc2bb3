"""Checks that a pattern says what it uses of a world."""

from dataclasses import replace
from typing import Any

from synth.contracts.context import PlanContext
from synth.contracts.population import NOBODY
from synth.errors import SynthError
from synth.testing.bench import Size
from synth.testing.contract import Broken, Contract, rule

_PEOPLE = {"customers", "merchants", "terminals", "shops"}


class UseChecks(Contract):
    """What a pattern plans in the least world that it says it can do with."""

    @rule
    def test_what_it_uses_is_declared(self) -> None:
        """It plans in a world that has nothing but what it names in uses, so that no other world surprises it."""
        components = self.bench.cast(Size())
        pattern: Any = components.patterns[self.bench.name]
        context = least_world(components.context, {*pattern.uses})
        try:
            pattern.plan(context, streams=components.streams_of(self.bench.name))
        except SynthError as error:
            raise Broken(str(error).splitlines()[0], "uses") from error
        except Exception as error:
            seen = f"it does not plan without what it does not name: {type(error).__name__}: {error}"
            raise Broken(seen, "uses") from error


def least_world(context: PlanContext, uses: set[str]) -> PlanContext:
    """A world that has only what a pattern says it uses."""
    people = bool(uses & _PEOPLE)
    return replace(
        context,
        columns=tuple(name for name in context.columns if name in uses),
        texts={name: texts for name, texts in context.texts.items() if name in uses},
        census=context.census if people else NOBODY,
        population=context.population if people else None,
        fixed_prices="amounts" not in uses,
        tells=tuple(name for name in context.tells if name in uses),
        habits=context.habits if uses & {"habits", "shops"} else None,
    )
