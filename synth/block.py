"""One block from start to end: generate, inject, order, number, label, show.

The only place that writes truth, from what the injectors return.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from synth.batch import Batch
from synth.cast import Cast
from synth.columns import Table
from synth.digest import digest_batch
from synth.errors import RunError, blaming
from synth.generators.contract import Events, Int64, Own, broken_own, rows_with, sort_code
from synth.plan import Plan
from synth.render import Rows, Truth, render_episodes, render_events, render_labels
from synth.rng import Streams
from synth.texts import Texts


@dataclass(frozen=True)
class Block:
    """A finished block.

    Attributes:
        index: position on the timeline, from 0.
        batches: table name → rows of this block.
        digests: table name → content digest of these rows.
    """

    index: int
    batches: Mapping[str, Batch]
    digests: Mapping[str, bytes]

    def rows(self, table: str = "transactions") -> int:
        """Rows that this block adds to a table."""
        return int(self.batches[table].native.num_rows)


@dataclass(frozen=True)
class BlockMaker:
    """Makes any block of a run alone: a pure function of the plan and the block's index.

    Attributes:
        cards: card numbers as text, by card index.
        events, labels, episodes: the tables to fill.
    """

    cast: Cast
    plan: Plan
    cards: Texts
    events: Table
    labels: Table
    episodes: Table

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables that each block adds to."""
        return (self.events, self.labels, self.episodes)

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
        events, truth = self._inject(index, genuine, code)
        if len(events.time_us_t) != self.plan.rows_b[index]:
            raise RunError(f"block {index} has {len(events.time_us_t)} rows, planned {self.plan.rows_b[index]}")
        rows = Rows(int(self.plan.first_event_b[index]), events, truth, self.cards)
        transactions = render_events(rows, self.events)
        batches = {
            "transactions": transactions,
            "labels": render_labels(rows, self.labels, transactions),
            "episodes": render_episodes(self.plan.episodes_starting(index), self.episodes, self.cards),
        }
        return Block(index, batches, {name: digest_batch(batch.native) for name, batch in batches.items()})

    def _inject(self, index: int, genuine: Events, code: Int64) -> tuple[Events, Truth]:
        """Adds the fraud rows, drops the replaced ones, and puts all in order; ``code`` is that of the genuine rows."""
        times, cards, amounts, facts, owns, replaced = [], [], [], [], [], 0
        for name, injector in self.cast.injectors.items():
            with blaming(f"scenario {name!r}: its injector {type(injector).__name__}"):
                injection = injector.inject(self.plan.fraud_here(name, index))
            added = injection.added
            times.append(added.time_us_f)
            cards.append(added.card_f)
            amounts.append(added.amount_minor_f)
            facts.append(self.plan.truth_of(name, added))
            owns.append(added.own)
            replaced += injection.replaced
        if not facts:
            return genuine, Truth.none()
        fraud = Events(np.concatenate(times), np.concatenate(cards), np.concatenate(amounts))
        fraud = self._complete(index, fraud, owns, times)
        fraud_code = self._code(fraud)
        keep = self._keep(index, code, fraud_code, replaced)
        kept = genuine.take(keep)
        order = np.argsort(np.concatenate([code[keep], fraud_code]), kind="stable")
        row_f = np.flatnonzero(order >= len(kept.time_us_t))
        scenario_f, episode_id_f, role_f = np.concatenate(facts, axis=1)[:, order[row_f] - len(kept.time_us_t)]
        truth = Truth(row_f, scenario_f, episode_id_f, role_f, self.plan.scenarios, self.plan.roles)
        return kept.joined(fraud).take(order), truth

    def _complete(self, index: int, fraud: Events, owns: list[Own], times: list[Int64]) -> Events:
        """The generator's own columns of the fraud rows: its own values, but for those that an injector sets."""
        if not self.cast.generator.columns:
            return fraud
        with blaming("the generator"):
            own = dict(
                self.cast.generator.complete(
                    self.plan.blocks, index, fraud, world=self.cast.world, streams=self.cast.genuine_streams
                )
            )
            self._refuse_broken(index, own, len(fraud.time_us_t))
        first = 0
        for given, time in zip(owns, times, strict=True):
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

    def _keep(self, index: int, code: Int64, fraud_code: Int64, replaced: int) -> npt.NDArray[np.bool_]:
        """(t,) bool: which genuine rows stay. Those that meet a fraud event go first, then random ones."""
        keep = np.ones(len(code), dtype=bool)
        position, met = rows_with(code, fraud_code)
        keep[position[met]] = False
        staying = np.flatnonzero(keep)
        more = replaced - (len(keep) - len(staying))
        rng = Streams(self.cast.seed, "block").draw("replaced", index)
        keep[rng.choice(staying, size=more, replace=False)] = False
        return keep
