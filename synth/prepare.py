"""Recipe in, everything that a block needs out: population, plan, tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from synth.batch import Batch
from synth.block import BlockMaker
from synth.columns import Table, episode_table, event_table, holder_table, label_table
from synth.errors import RunError, blaming
from synth.generators.contract import World, broken_entities
from synth.plan import Cast, Plan, make_plan
from synth.population.cards import card_text, draw_cards
from synth.recipe import Recipe
from synth.render import render_entities
from synth.rng import Streams
from synth.texts import Texts


@dataclass(frozen=True)
class Prepared:
    """A planned run.

    Attributes:
        extra: tables that come once, e.g. holders.
    """

    recipe: Recipe
    make_block: BlockMaker
    extra: tuple[Batch, ...]

    @property
    def plan(self) -> Plan:
        """The decisions of the run."""
        return self.make_block.plan

    def scenario_counts(self) -> Mapping[str, Mapping[str, int]]:
        """Scenario name → episodes and fraud rows."""
        return {
            name: {"episodes": len(self.plan.episode_ids[name]), "rows": len(events.time_us_f)}
            for name, events in self.plan.fraud.items()
        }


def make_cast(recipe: Recipe) -> Cast:
    """The components of a recipe, made from their configs."""
    world = World(recipe.population.cards, recipe.timeline, recipe.amount.make(), recipe.run.block_rows)
    injectors = {name: part.make() for name, part in recipe.scenarios.items()}
    return Cast(recipe.run.seed, world, recipe.generator.make(), injectors)


def prepare(recipe: Recipe) -> Prepared:
    """Draws the population and plans the run.

    Raises:
        RefusedError: the recipe cannot be carried out.
    """
    cast = make_cast(recipe)
    plan = make_plan(cast)
    streams = Streams(recipe.run.seed, "population")
    cards = Texts.padded(*card_text(draw_cards(recipe.population, rng=streams.draw("cards"))))
    events = event_table(recipe.columns, cast.generator.columns)
    make_block = BlockMaker(cast, plan, cards, events, label_table(events), episode_table())
    extra = [_holders(recipe, events, cards, streams)] if recipe.population.profile else []
    return Prepared(recipe, make_block, (*extra, *_entities(cast)))


def _entities(cast: Cast) -> list[Batch]:
    with blaming("the generator"):
        tables = cast.generator.entities(world=cast.world, streams=cast.genuine_streams)
    for broken in broken_entities(tables):
        raise RunError(f"the generator {type(cast.generator).__name__} made {broken}; that is an error in its code")
    return [render_entities(table) for table in tables]


def _holders(recipe: Recipe, events: Table, cards: Texts, streams: Streams) -> Batch:
    from synth.population.holders import draw_holders

    table = holder_table(events)
    reference = datetime.fromtimestamp(recipe.timeline.start_s, UTC).date()
    drawn = draw_holders(len(cards), recipe.population.locale, reference=reference, rng=streams.draw("holders"))
    columns = {name: drawn.column(name).combine_chunks() for name in drawn.column_names}
    columns["card_number"] = cards.to_arrow()
    return Batch.of(table, {field.name: columns[field.column.name] for field in table.fields}, {})
