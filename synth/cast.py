"""Who plays in a run: the world, the generator and the injectors."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from synth.errors import blaming
from synth.generators.contract import BlockPlan, Generator, World
from synth.injectors.contract import Injector, Scene
from synth.rng import Streams


@dataclass(frozen=True)
class Cast:
    """Who plays in a run: the generator and the injectors by scenario name, in name order."""

    seed: int
    world: World
    generator: Generator
    injectors: Mapping[str, Injector]

    @property
    def genuine_streams(self) -> Streams:
        """The generator's streams."""
        return Streams(self.seed, "generator")

    @cached_property
    def blocks(self) -> BlockPlan:
        """The generator's plan."""
        with blaming("the generator"):
            return self.generator.plan(self.world, streams=self.genuine_streams)

    @cached_property
    def scene(self) -> Scene:
        """What injectors may know."""
        world, blocks = self.world, self.blocks
        return Scene(
            cards=world.cards,
            timeline=world.timeline,
            amount=self.generator.amounts(blocks, world=world),
            rows=int(blocks.rows_b.sum()),
            columns=tuple(column.name for column in self.generator.columns),
            census=world.census,
            population=world.population,
        )
