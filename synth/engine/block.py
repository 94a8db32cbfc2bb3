"""Makes one block from start to end: generate, inject, number, label, render."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from synth.arrays import Int64
from synth.contracts.events import Events
from synth.contracts.generator import sort_code
from synth.engine.clicks import ClickMaker
from synth.engine.components import Components
from synth.engine.episodes import EpisodeRows
from synth.engine.facts import Truth
from synth.engine.inject import inject
from synth.engine.lookups import Lookups
from synth.engine.plan import Plan
from synth.engine.render import BlockRows, render_episodes, render_events, render_labels, render_reports
from synth.errors import RunError, blaming
from synth.reporting import ReportingConfig, Reports, Suffered
from synth.rng import Streams
from synth.tables.batch import Batch
from synth.tables.digest import digest_batch
from synth.tables.table import Table
from synth.tables.texts import Texts


@dataclass(frozen=True)
class Deferred:
    """What a block knows of rows that only the end of the run can write.

    Attributes:
        claimed: episodes of claimed genuine rows, each as far as it lies in this block.
        reports: rows of ``label_events``, in no order; None where nothing is reported.
    """

    claimed: EpisodeRows
    reports: Batch | None


@dataclass(frozen=True)
class Block:
    """A finished block.

    Attributes:
        index: position on the timeline, from 0.
        batches: table name → rows of this block.
        digests: table name → content digest of these rows.
        deferred: what is written at the end of the run.
        truth: which of its rows are fraud, and what is true of them.
        time_us_t, card_t: (t,) int64 event time and card of each transaction, whether the view shows them or not.
    """

    index: int
    batches: Mapping[str, Batch]
    digests: Mapping[str, bytes]
    deferred: Deferred
    truth: Truth
    time_us_t: Int64
    card_t: Int64

    def rows(self, table: str = "transactions") -> int:
        """Rows that this block adds to a table."""
        return int(self.batches[table].native.num_rows)


@dataclass(frozen=True)
class BlockMaker:
    """Makes any block of a run alone: a pure function of the plan and the block's index.

    Attributes:
        cards: card numbers as text, by card index.
        lookups: columns of entities that the view shows.
        events, labels, episodes: the tables to fill.
        reporting: when fraud becomes known.
        label_events: the table of reports; None where nothing is reported.
        clicks: makes the visits behind online purchases; None where there are none.
    """

    components: Components
    plan: Plan
    cards: Texts
    lookups: Lookups
    events: Table
    labels: Table
    episodes: Table
    reporting: ReportingConfig
    label_events: Table | None
    clicks: ClickMaker | None = None

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables that blocks and the end of the run add to."""
        tables = (self.events, self.labels, self.episodes)
        reports = (self.label_events,) if self.label_events else ()
        return (*tables, *reports, *(self.clicks.tables if self.clicks else ()))

    def __call__(self, index: int) -> Block:
        """Makes one block."""
        genuine = self._generate(index)
        injected = inject(self.components, self.plan, index, genuine)
        events, truth = injected.events, injected.truth
        if len(events.card_t) != self.plan.rows_b[index]:
            raise RunError(f"block {index} has {len(events.card_t)} rows, planned {self.plan.rows_b[index]}")
        first_id, reports = int(self.plan.first_event_b[index]), self._draw_reports(index, events, truth)
        rows = BlockRows(first_id, events, truth, reports, self.cards, self.lookups, self.components.world.timeline)
        transactions = render_events(rows, self.events)
        batches = {
            "transactions": transactions,
            "labels": render_labels(rows, self.labels, transactions),
            "episodes": render_episodes(self.plan.episodes_starting(index), self.episodes, self.cards),
        }
        if self.clicks:
            batches |= self.clicks(index, genuine, rows, injected.source_t)
        digests = {name: digest_batch(batch.native) for name, batch in batches.items()}
        label_events = render_reports(rows, self.label_events, transactions) if self.label_events else None
        deferred = Deferred(injected.claimed, label_events)
        return Block(index, batches, digests, deferred, truth, events.time_us_t, events.card_t)

    def _generate(self, index: int) -> Events:
        """The genuine rows of the control world, held to the generator's contract."""
        components = self.components
        with blaming("the generator"):
            genuine = components.generator.generate(
                self.plan.blocks, index, world=components.world, streams=components.genuine_streams
            )
            code_t = sort_code(genuine.time_us_t, genuine.card_t, components.world.cards)
            if (np.diff(code_t) <= 0).any():
                raise components.broken_contract(index, "events out of order, or two on one card in one second")
            components.refuse_broken_columns(index, genuine.own, len(code_t))
        return genuine

    def _draw_reports(self, index: int, events: Events, truth: Truth) -> Reports:
        """Who reports what, and when."""
        delay = self.reporting.delay
        if delay is None:
            return Reports.none(len(truth))
        suffered = {name: self._suffered(name, events, truth) for name in truth.scenarios}
        streams = Streams(self.components.seed, "reporting")
        return Reports.draw(self.reporting, delay, index, events.time_us_t, truth.row_f, suffered, streams=streams)

    def _suffered(self, name: str, events: Events, truth: Truth) -> Suffered:
        """What holders come to see of a scenario's rows."""
        place_f = np.flatnonzero(truth.facts.scenario_f == truth.scenarios.index(name))
        row_f = truth.row_f[place_f]
        episode_f = self.plan.own_episodes(name, truth.facts.episode_id_f[place_f])
        card_f, time_us_f = events.card_t[row_f], events.time_us_t[row_f]
        planned = name in self.plan.fraud
        last_us_f = self.plan.last_on_card(name, episode_f, card_f) if planned else time_us_f
        return Suffered(place_f, episode_f, card_f, time_us_f, last_us_f, events.amount_minor_t[row_f])
