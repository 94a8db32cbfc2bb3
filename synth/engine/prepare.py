"""Recipe in, everything that a block needs out: population, plan, tables."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from synth.config.compose import changed_at, note_shadows
from synth.config.recipe import Recipe
from synth.contracts.entities import Entities, broken_entities
from synth.contracts.generator import World
from synth.contracts.population import Population
from synth.engine.block import BlockMaker
from synth.engine.clicks import ClickMaker
from synth.engine.components import Components
from synth.engine.lookups import Lookups
from synth.engine.memory import machine_bytes, refuse_crowd, refuse_shortage
from synth.engine.moves import Moves
from synth.engine.plan import Plan
from synth.engine.planning import make_plan
from synth.engine.render import render_entities
from synth.errors import RefusedError, RunError, blaming
from synth.population.cards import CardNumbers, card_text, draw_cards
from synth.population.draw import draw_population
from synth.rng import Streams
from synth.tables.batch import Batch
from synth.tables.table import Table, episode_table, holder_table, label_event_table, label_table, shown_names
from synth.tables.texts import Texts
from synth.tables.views import event_table

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Prepared:
    """A planned run.

    Attributes:
        extra: tables that come once, e.g. customers.
    """

    recipe: Recipe
    make_block: BlockMaker
    extra: tuple[Batch, ...]

    @property
    def plan(self) -> Plan:
        """The decisions of the run."""
        return self.make_block.plan


def make_components(recipe: Recipe) -> Components:
    """The components of a recipe, made from their configs, and its people."""
    return _components(recipe, _draw(recipe)[1])


def _draw(recipe: Recipe) -> tuple[CardNumbers, Population | None]:
    """Who exists."""
    streams = _streams(recipe)
    numbers = draw_cards(recipe.population.networks, recipe.population.cards_by_network(), rng=streams.draw("cards"))
    return numbers, draw_population(recipe.population, numbers, recipe.timeline.start_s, streams=streams)


def _streams(recipe: Recipe) -> Streams:
    return Streams(recipe.run.seed, "population")


def _components(recipe: Recipe, population: Population | None) -> Components:
    generator = recipe.generator.make()
    categories = generator.texts.get("category", ())
    census, people = recipe.population.census().coded(categories), population and population.coded(categories)
    cards = recipe.population.cards
    world = World(cards, recipe.timeline, recipe.amount.make(), recipe.run.block_rows, census, people)
    patterns = {name: part.make() for name, part in recipe.scenarios.items()}
    return Components(recipe.run.seed, world, generator, patterns)


def prepare(recipe: Recipe, recall: Callable[[], Moves | None] = lambda: None) -> Prepared:
    """Draws the population and plans the run.

    Args:
        recall: tells how episodes gave way, where somebody has planned the same before.

    Raises:
        RefusedError: the recipe cannot be carried out.
    """
    with _showing_origins(recipe):
        return _prepare(recipe, recall)


def refuse_short_memory(prepared: Prepared) -> None:
    """Whether this machine can hold a planned run, before any of its rows is drawn.

    A plan that is only shown is not asked: it may be meant for another machine.

    Raises:
        RefusedError: it cannot.
    """
    with _showing_origins(prepared.recipe):
        refuse_shortage(prepared.recipe, prepared.plan, machine_bytes())


@contextmanager
def _showing_origins(recipe: Recipe) -> Iterator[None]:
    """Adds to a refusal where what it blames was set."""
    try:
        yield
    except RefusedError as refused:
        refused.set_origin(partial(changed_at, recipe.origins))
        refused.problems = tuple(note_shadows(refused.problems, recipe.shadows))
        raise


def _prepare(recipe: Recipe, recall: Callable[[], Moves | None]) -> Prepared:
    refuse_crowd(recipe, machine_bytes())
    numbers, population = _draw(recipe)
    components = _components(recipe, population)
    plan = make_plan(components, recipe.runner.make(), recall)
    cards = Texts.padded(*card_text(numbers))
    people = {table.name: table for table in _people(recipe, population, cards)}
    events = event_table(recipe.columns, components.generator.columns, {name: t.columns for name, t in people.items()})
    entities = {name: render_entities(table, shown_names(events)) for name, table in people.items()}
    lookups = Lookups.of(events, entities, population.cards.customer_c if population else np.empty(0, dtype=np.int64))
    reports = label_event_table(events) if recipe.reporting.delay else None
    tables = (events, label_table(events), episode_table())
    shop = recipe.clicks.shop
    clicks = ClickMaker.of(components, plan, shop) if shop else None
    make_block = BlockMaker(components, plan, cards, lookups, *tables, recipe.reporting, reports, clicks)
    extra = [entities[name] for name in recipe.population.table_names()]
    if recipe.population.profile and not recipe.population.customers:
        extra.insert(0, _holders(recipe, events, cards))
    return Prepared(recipe, make_block, (*extra, *_entities(components)))


def _people(recipe: Recipe, population: Population | None, cards: Texts) -> Iterator[Entities]:
    """The tables of the population that are written or looked up."""
    from synth.population.holders import draw_customer_profiles
    from synth.population.tables import make_tables

    if population is None:
        return
    config = recipe.population
    names = sorted({*config.table_names(), *recipe.columns.looked_up()})
    profile: Mapping[str, pa.Array] = {}
    if config.profile and "customers" in names:
        rng = _streams(recipe).draw("holders")
        profile = draw_customer_profiles(population, config.locale, reference=_reference(recipe), rng=rng)
    yield from make_tables(population, cards.to_arrow(), profile, names)


def _entities(components: Components) -> list[Batch]:
    with blaming("the generator"):
        tables = components.generator.entities(world=components.world, streams=components.genuine_streams)
    for broken in broken_entities(tables):
        raise RunError(
            f"the generator {type(components.generator).__name__} made {broken}; that is an error in its code"
        )
    return [render_entities(table) for table in tables]


def _holders(recipe: Recipe, events: Table, cards: Texts) -> Batch:
    from synth.population.holders import draw_holders

    table = holder_table(events)
    drawn = draw_holders(
        len(cards), recipe.population.locale, reference=_reference(recipe), rng=_streams(recipe).draw("holders")
    )
    columns = {name: drawn.column(name).combine_chunks() for name in drawn.column_names}
    columns["card_number"] = cards.to_arrow()
    return Batch.of(table, {field.name: columns[field.column.name] for field in table.fields}, {})


def _reference(recipe: Recipe) -> date:
    """The day on which ages are told: the first of the window."""
    return datetime.fromtimestamp(recipe.timeline.start_s, UTC).date()
