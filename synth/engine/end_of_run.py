"""Makes the rows that only the end of a run knows: episodes of claimed rows, reports in order of time, counts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from synth.engine.block import Block, BlockMaker, Deferred
from synth.engine.episodes import EpisodeRows
from synth.engine.facts import Facts, Truth
from synth.engine.manifest import Counts
from synth.engine.render import render_episodes
from synth.engine.reports_in_order import ReportsInOrder
from synth.tables.batch import Batch
from synth.tables.digest import digest_batch

#: Blocks whose episodes of claimed rows are merged at once.
_CLAIMED_AT_ONCE = 64


@dataclass
class EndOfRun:
    """Gathers from the blocks, in their order, what none of them knows alone.

    Memory grows with the episodes of claimed rows, as the plan's does, and not with the reports.
    """

    make_block: BlockMaker
    _claimed: list[EpisodeRows] = field(default_factory=list)

    def take(self, deferred: Deferred) -> None:
        """What a block leaves to the end."""
        if len(deferred.claimed):
            self._claimed.append(deferred.claimed)
            if len(self._claimed) == _CLAIMED_AT_ONCE:
                self._claimed = [EpisodeRows.merged(self._claimed)]
        if deferred.reports is not None and deferred.reports.native.num_rows:
            self._reports.take(deferred.reports)

    def claimed(self) -> EpisodeRows:
        """The episodes of claimed rows."""
        return EpisodeRows.merged([EpisodeRows.none(self.make_block.plan.scenarios), *self._claimed])

    @cached_property
    def _reports(self) -> ReportsInOrder:
        assert self.make_block.label_events is not None, "asked only where there are reports"
        return ReportsInOrder.of(self.make_block.plan, self.make_block.label_events)

    def blocks(self) -> Iterator[Block]:
        """Yields the last rows of the tables that are only known now, as blocks behind the others, if any.

        May be called once.

        Raises:
            RunError: as ``ReportsInOrder.take``.
        """
        episodes: dict[str, Batch] = {}
        stretches: Iterator[Batch] = iter(())
        if self.make_block.plan.targets:
            episodes["episodes"] = render_episodes(self.claimed(), self.make_block.episodes, self.make_block.cards)
        if self.make_block.label_events:
            stretches = self._reports.stretches()
        index, reports = len(self.make_block.plan.rows_b), next(stretches, None)
        while batches := episodes | ({"label_events": reports} if reports else {}):
            yield self._block(index, batches)
            index, episodes, reports = index + 1, {}, next(stretches, None)

    def _block(self, index: int, batches: Mapping[str, Batch]) -> Block:
        digests = {name: digest_batch(batch.native) for name, batch in batches.items()}
        plan, none = self.make_block.plan, np.empty(0, dtype=np.int64)
        nothing = Deferred(EpisodeRows.none(plan.scenarios), None)
        truth = Truth(none, Facts.joined([]), plan.scenarios, plan.roles)
        return Block(index, batches, digests, nothing, truth, none, none)

    def counts(self) -> Counts:
        """How much was made."""
        plan, claimed = self.make_block.plan, self.claimed()
        scenarios = {}
        for place, name in enumerate(plan.scenarios):
            mine = np.flatnonzero(claimed.scenario_e == place)
            found = {"episodes": len(mine), "rows": int(claimed.events_e[mine].sum())}
            scenarios[name] = plan.counts_of(name) if name in plan.fraud else found
        fraud = sum(counts["rows"] for counts in scenarios.values())
        return Counts(int(plan.rows_b.sum()), fraud, scenarios)
