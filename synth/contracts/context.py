"""What a pattern may know of its world, and what it is told where that lacks something."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from synth.amount import AmountLaw
from synth.contracts.generator import Generator, World
from synth.contracts.habits import Habits, ShopHabits
from synth.contracts.population import NOBODY, Census, Population
from synth.errors import Problem, RefusedError
from synth.timeline import Timeline
from synth.wording import nearest


@dataclass(frozen=True)
class PlanContext:
    """What an injector may know when it plans.

    Attributes:
        cards: number of cards; a victim is an index below it.
        timeline: the window that no event may leave.
        amount: the run's amount law.
        rows: genuine rows of the control world.
        columns: names of the generator's own columns.
        census: how many customers and merchants there are, and of which kinds.
        population: everybody; None in ``problems`` and ``check``, and where there are only cards.
        texts: what the generator's own text columns can say, by column: an event holds the index. Empty in ``check``.
        prices_fraud: whether an amount may be left ``OPEN``: the generator then finds what the victim pays in the shop.
        fixed_prices: whether amounts are prices of products, see ``Generator.fixed_prices``.
        tells: what may be asked of ``habits``, see ``Generator.tells``.
        habits: what honest people do; None in ``problems`` and ``check``, and where the generator knows none.
    """

    cards: int
    timeline: Timeline
    amount: AmountLaw
    rows: int
    columns: tuple[str, ...] = ()
    census: Census = NOBODY
    population: Population | None = None
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    prices_fraud: bool = False
    fixed_prices: bool = False
    tells: tuple[str, ...] = ()
    habits: Habits | None = None

    @classmethod
    def of(
        cls,
        generator: Generator,
        world: World,
        rows: int,
        *,
        amount: AmountLaw | None = None,
        habits: Habits | None = None,
    ) -> "PlanContext":
        """What a recipe's generator and world tell.

        Args:
            amount: what honest people spend; None: the run's amount law.
        """
        return cls(
            cards=world.cards,
            timeline=world.timeline,
            amount=amount or world.amount,
            rows=rows,
            columns=tuple(column.name for column in generator.columns),
            census=world.census,
            population=world.population,
            texts=generator.texts,
            tells=tuple(generator.tells),
            prices_fraud=generator.prices_fraud,
            fixed_prices=generator.fixed_prices,
            habits=habits,
        )

    @property
    def world(self) -> frozenset[str]:
        """What there is for a pattern to use: see ``Pattern.uses``."""
        people = [name for name in _PEOPLE if getattr(self.census, name)]
        web = ["web"] if any(kind and kind.online for kind in self.census.shops) else []
        amounts = [] if self.fixed_prices else ["amounts"]
        return frozenset([*people, *web, *amounts, *self.tells, *self.columns])

    @property
    def known_habits(self) -> Habits:
        """The habits.

        Raises:
            RefusedError: the world knows none.
        """
        for problem in lacking(("habits",), self):
            raise RefusedError(problem.message, allowed=problem.allowed)
        assert self.habits is not None, "they are there once the blocks are planned"
        return self.habits

    @property
    def shopping(self) -> ShopHabits:
        """The habits, of people who shop.

        Raises:
            RefusedError: nobody does in this world.
        """
        for problem in lacking(("shops",), self):
            raise RefusedError(problem.message, allowed=problem.allowed)
        assert isinstance(self.habits, ShopHabits), "they are there once the blocks are planned"
        return self.habits

    def code(self, column: str, text: str) -> int:
        """The number by which events name a text of one of the generator's columns.

        Raises:
            RefusedError: there is no such text, or it is a category in which nobody sells anything.
        """
        for problem in lacking((column,), self):
            raise RefusedError(problem.message, allowed=problem.allowed)
        known = [*self.texts.get(column, ())]
        if column == "category" and self.population and {*known} == {*self.census.categories}:
            sold = np.unique(self.population.merchants.category_m).tolist()
            known = [self.census.categories[code] for code in sold]
        if text not in known:
            what = "nobody sells" if text in self.texts.get(column, ()) else f"there is no {column}"
            raise RefusedError(f"{what} {text!r}", allowed=tuple(known), hint=nearest(text, known))
        return self.texts[column].index(text)


#: What of a population a pattern may use: the counts of the census.
_PEOPLE = ("customers", "merchants", "terminals")
#: Where most patterns of people find what they use.
PEOPLE_WORLD = ("generator=spending", "population=retail_us")


def lacking(uses: Iterable[str], context: PlanContext, needs: Iterable[str] = PEOPLE_WORLD) -> Iterator[Problem]:
    """Yields one problem where a world lacks what a pattern uses.

    Args:
        uses: see ``Pattern.uses``.
        needs: choices with which a world has it; values of single keys among them are left out.
    """
    lacks = [name for name in uses if name not in context.world]
    if not lacks:
        return
    told = {name: name for name in _PEOPLE}
    told |= {"habits": "habits of its people", "shops": "people who shop", "web": "shops on the web"}
    told["amounts"] = "amounts of its own beside the prices of products"
    words, columns = [told[name] for name in lacks if name in told], [name for name in lacks if name not in told]
    if columns:
        words.append(f"the column{'s' * (len(columns) > 1)} {', '.join(columns)}")
    message = f"it uses {' and '.join(words)}, which this world lacks"
    choices = [need for need in needs if "." not in need.partition("=")[0]]
    yield Problem(path="", message=message, allowed=(" with ".join(choices),) if choices else ())
