"""The components of a run: the generator and injectors of a recipe, built, and the world they share."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from synth.contracts.claimer import Claimer
from synth.contracts.context import PlanContext
from synth.contracts.events import OwnColumns
from synth.contracts.generator import BlockPlan, Generator, World, broken_own_columns
from synth.contracts.habits import broken_habits
from synth.contracts.injector import Injector, Pattern
from synth.errors import RunError, blaming
from synth.rng import Streams


@dataclass(frozen=True)
class Components:
    """Who plays in a run: the generator and the fraud patterns.

    Attributes:
        patterns: scenario name → its pattern, in name order.
    """

    seed: int
    world: World
    generator: Generator
    patterns: Mapping[str, Pattern]

    @cached_property
    def injectors(self) -> Mapping[str, Injector]:
        """Those that add rows, by scenario name, in name order."""
        return {name: pattern for name, pattern in self.patterns.items() if isinstance(pattern, Injector)}

    @cached_property
    def claimers(self) -> Mapping[str, Claimer]:
        """Those that claim genuine rows, by scenario name, in the order in which they do."""
        claimers = {name: pattern for name, pattern in self.patterns.items() if isinstance(pattern, Claimer)}
        return dict(sorted(claimers.items(), key=lambda item: (item[1].order, item[0])))

    @property
    def signals(self) -> Mapping[str, tuple[str, ...]]:
        """Scenario → what may tell a single row of it: what it declares, and of added rows the steps of visits."""
        return {
            name: tuple(dict.fromkeys((*pattern.declared, *(self.generator.steps if pattern.adds else ()))))
            for name, pattern in self.patterns.items()
        }

    @property
    def genuine_streams(self) -> Streams:
        """The generator's streams."""
        return Streams(self.seed, "generator")

    def streams_of(self, name: str) -> Streams:
        """A scenario's streams."""
        return Streams(self.seed, f"scenario/{name}")

    def owner_of(self, name: str) -> str:
        """How a scenario's pattern is told when its code fails."""
        return f"scenario {name!r}: its injector {type(self.patterns[name]).__name__}"

    @cached_property
    def blocks(self) -> BlockPlan:
        """The generator's plan."""
        with blaming("the generator", "generator"):
            return self.generator.plan(self.world, streams=self.genuine_streams)

    @cached_property
    def context(self) -> PlanContext:
        """What patterns may know; where there are none, nobody asks for it."""
        world, blocks = self.world, self.blocks
        generator = self.generator
        habits = generator.habits(blocks, world=world, streams=self.genuine_streams)
        for broken in broken_habits(habits, generator.tells, world.cards, world.timeline):
            raise RunError(f"the generator {type(generator).__name__} broke its contract: {broken}")
        return PlanContext.of(
            generator,
            world,
            int(blocks.rows_b.sum()),
            amount=generator.amounts(blocks, world=world),
            habits=habits,
        )

    def refuse_broken_columns(self, block: int, own: OwnColumns, rows: int) -> None:
        """Holds the generator to the columns that it declares.

        Raises:
            RunError: the values do not fit them.
        """
        for broken in broken_own_columns(self.generator.columns, own, rows):
            raise self.broken_contract(block, broken)

    def broken_contract(self, block: int, what: str) -> RunError:
        """The error of a generator that broke its contract."""
        return RunError(f"the generator {type(self.generator).__name__} broke its contract in block {block}: {what}")
