"""One block from start to end: generate, inject, order, number, label, show.

The only place that writes truth, from what the injectors return.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from synth.arrays import Int64, Mask
from synth.contracts.generator import Events, Own, broken_own, rows_with, sort_code
from synth.engine.claims import claim
from synth.engine.clicks import ClickMaker
from synth.engine.components import Cast
from synth.engine.episodes import EpisodeRows
from synth.engine.lookups import Lookups
from synth.engine.plan import Plan
from synth.engine.render import ADDED, Rows, Truth, render_episodes, render_events, render_labels, render_reports
from synth.errors import RunError, blaming
from synth.reporting import ReportingConfig, Reports
from synth.rng import Streams
from synth.tables.batch import Batch
from synth.tables.digest import digest_batch
from synth.tables.table import Table
from synth.tables.texts import Texts

_NONE = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Loose:
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
        loose: what is written at the end of the run.
        time_us_t, card_t: (t,) int64 event time and card of each transaction, whether the view shows them or not.
    """

    index: int
    batches: Mapping[str, Batch]
    digests: Mapping[str, bytes]
    loose: Loose
    time_us_t: Int64
    card_t: Int64

    def rows(self, table: str = "transactions") -> int:
        """Rows that this block adds to a table."""
        return int(self.batches[table].native.num_rows)


@dataclass(frozen=True)
class _Injected:
    """What fraud made of a block.

    Attributes:
        claimed: the episodes of claimed rows, as far as this block knows them.
        staying: genuine rows that are still there.
        order: (t,) where each final row was among those that stay, followed by the added ones.
    """

    events: Events
    truth: Truth
    claimed: EpisodeRows
    staying: Int64
    order: Int64

    @property
    def source_t(self) -> Int64:
        """(t,) the genuine row that each was; -1 for an added one."""
        return np.concatenate([self.staying, np.full(len(self.order) - len(self.staying), -1)])[self.order]


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

    cast: Cast
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
        with blaming("the generator"):
            genuine = self.cast.generator.generate(
                self.plan.blocks, index, world=self.cast.world, streams=self.cast.genuine_streams
            )
            code = self._code(genuine)
            if (np.diff(code) <= 0).any():
                raise self._broken(index, "events out of order, or two on one card in one second")
            self._refuse_broken(index, genuine.own, len(code))
        injected = self._inject(index, genuine, code)
        events, truth = injected.events, injected.truth
        if len(events.time_us_t) != self.plan.rows_b[index]:
            raise RunError(f"block {index} has {len(events.time_us_t)} rows, planned {self.plan.rows_b[index]}")
        reports = self._report(index, events, truth)
        first, timeline = int(self.plan.first_event_b[index]), self.cast.world.timeline
        rows = Rows(first, events, truth, reports, self.cards, self.lookups, timeline)
        transactions = render_events(rows, self.events)
        batches = {
            "transactions": transactions,
            "labels": render_labels(rows, self.labels, transactions),
            "episodes": render_episodes(self.plan.episodes_starting(index), self.episodes, self.cards),
        }
        if self.clicks:
            batches |= self.clicks(index, genuine, rows, injected.source_t)
        loose = Loose(
            injected.claimed, render_reports(rows, self.label_events, transactions) if self.label_events else None
        )
        digests = {name: digest_batch(batch.native) for name, batch in batches.items()}
        return Block(index, batches, digests, loose, events.time_us_t, events.card_t)

    def _report(self, index: int, events: Events, truth: Truth) -> Reports:
        """Who reports what, and when."""
        names = {name: np.flatnonzero(truth.scenario_f == i) for i, name in enumerate(truth.scenarios)}
        streams = Streams(self.cast.seed, "reporting")
        return Reports.draw(self.reporting, index, events.time_us_t, truth.row_f, names, streams=streams)

    def _inject(self, index: int, genuine: Events, code: Int64) -> _Injected:
        """Adds the fraud rows, drops the replaced ones, applies claims, and puts all in order.

        Args:
            code: sort codes of the genuine rows.
        """
        fraud, planned, replaced = self._planned(index)
        fraud_code = self._code(fraud)
        staying = np.flatnonzero(self._keep(index, code, fraud_code, replaced))
        kept = genuine if len(staying) == len(code) else genuine.take(staying)
        claims = claim(self.cast, self.plan, index, kept, self.plan.first_genuine_b[index] + staying)
        kept = claims.events
        order = np.argsort(np.concatenate([code[staying], fraud_code]), kind="stable")
        place_f = np.concatenate([claims.row_f, len(staying) + np.arange(len(fraud_code))])
        fact_t = np.full(len(order), -1)
        fact_t[place_f] = np.arange(len(place_f))
        fact_f = fact_t[order]
        row_f = np.flatnonzero(fact_f >= 0)
        scenario_f, episode_id_f, role_f = np.concatenate([claims.facts_f, planned], axis=1)[:, fact_f[row_f]]
        before_f = np.concatenate([claims.before_minor_f, np.full(len(fraud_code), ADDED)])[fact_f[row_f]]
        truth = Truth(row_f, scenario_f, episode_id_f, role_f, before_f, self.plan.scenarios, self.plan.roles)
        rows = (kept.card_t[claims.row_f], kept.time_us_t[claims.row_f], kept.amount_minor_t[claims.row_f])
        episodes = EpisodeRows.of(self.plan.scenarios, claims.facts_f[1], claims.facts_f[0], *rows)
        events = kept.joined(fraud).take(order) if len(fraud_code) else kept
        return _Injected(events, truth, episodes, staying, order)

    def _planned(self, index: int) -> tuple[Events, Int64, int]:
        """The planned fraud of a block, what is true of it, and how many genuine rows give way to it."""
        times, cards, amounts, facts, owns, replaced = [_NONE], [_NONE], [_NONE], [np.stack([_NONE] * 3)], [], 0
        for name, injector in self.cast.injectors.items():
            with blaming(self.cast.blamed(name)):
                injection = injector.inject(self.plan.fraud_here(name, index))
            added = injection.added
            times.append(added.time_us_f)
            cards.append(added.card_f)
            amounts.append(added.amount_minor_f)
            facts.append(self.plan.facts_of(name, added.episode_f, added.role_f))
            owns.append(added.own)
            replaced += injection.replaced
        fraud = Events(np.concatenate(times), np.concatenate(cards), np.concatenate(amounts))
        if owns:
            fraud = self._complete(index, fraud, owns, times[1:])
        return fraud, np.concatenate(facts, axis=1), replaced

    def _complete(self, index: int, fraud: Events, owns: list[Own], times: list[Int64]) -> Events:
        """The generator's own columns of the fraud rows: its own values, but for those that an injector sets."""
        if not self.cast.generator.columns:
            return fraud
        parts = list(zip(owns, times, strict=True))
        said = {
            column.name: np.concatenate([given.get(column.name, np.full(len(time), -1)) for given, time in parts])
            for column in self.cast.generator.columns
            if column.categories and any(column.name in given for given in owns)
        }
        with blaming("the generator"):
            told, streams = replace(fraud, own=said), self.cast.genuine_streams
            own = dict(
                self.cast.generator.complete(self.plan.blocks, index, told, world=self.cast.world, streams=streams)
            )
            self._refuse_broken(index, own, len(fraud.time_us_t))
        first = 0
        for given, time in parts:
            for name, values in given.items():
                own[name] = np.concatenate([own[name][:first], values, own[name][first + len(time) :]])
            first += len(time)
        return replace(fraud, own=own)

    def _refuse_broken(self, index: int, own: Own, rows: int) -> None:
        for broken in broken_own(self.cast.generator.columns, own, rows):
            raise self._broken(index, broken)

    def _broken(self, index: int, what: str) -> RunError:
        kind = type(self.cast.generator).__name__
        return RunError(f"the generator {kind} broke its contract in block {index}: {what}")

    def _code(self, events: Events) -> Int64:
        return sort_code(events.time_us_t, events.card_t, self.cast.world.cards)

    def _keep(self, index: int, code: Int64, fraud_code: Int64, replaced: int) -> Mask:
        """(t,) bool: which genuine rows stay. Those that meet a fraud event go first, then random ones."""
        keep = np.ones(len(code), dtype=bool)
        if not len(fraud_code):
            return keep
        position, met = rows_with(code, fraud_code)
        keep[position[met]] = False
        staying = np.flatnonzero(keep)
        more = replaced - (len(keep) - len(staying))
        rng = Streams(self.cast.seed, "block").draw("replaced", index)
        keep[rng.choice(staying, size=more, replace=False)] = False
        return keep
