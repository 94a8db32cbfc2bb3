"""Makes the rows that only the end of a run knows: episodes of claimed rows, reports in order of time, counts."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from synth.engine.block import Block, BlockMaker, Deferred
from synth.engine.episodes import EpisodeRows
from synth.engine.facts import Facts, Truth
from synth.engine.manifest import Counts
from synth.engine.render import render_episodes
from synth.tables.batch import Batch
from synth.tables.digest import digest_batch


@dataclass
class EndOfRun:
    """Gathers from the blocks, in their order, what none of them knows alone.

    Memory grows with the episodes of claimed rows and with the reports.
    """

    make_block: BlockMaker
    deferred: list[Deferred] = field(default_factory=list)

    def take(self, deferred: Deferred) -> None:
        """What a block leaves to the end."""
        self.deferred.append(deferred)

    def claimed(self) -> EpisodeRows:
        """The episodes of claimed rows."""
        none = EpisodeRows.none(self.make_block.plan.scenarios)
        return EpisodeRows.merged([none, *(deferred.claimed for deferred in self.deferred)])

    def blocks(self) -> Iterator[Block]:
        """Yields the last rows of the tables that are only known now, as a block behind the others, if any."""
        batches = {}
        if self.make_block.plan.targets:
            batches["episodes"] = render_episodes(self.claimed(), self.make_block.episodes, self.make_block.cards)
        if self.make_block.label_events:
            batches["label_events"] = self._reports()
        if batches:
            digests = {name: digest_batch(batch.native) for name, batch in batches.items()}
            plan, none = self.make_block.plan, np.empty(0, dtype=np.int64)
            nothing = Deferred(EpisodeRows.none(plan.scenarios), None)
            truth = Truth(none, Facts.joined([]), plan.scenarios, plan.roles)
            yield Block(len(plan.rows_b), batches, digests, nothing, truth, none, none)

    def _reports(self) -> Batch:
        """All reports, in order of time, those of one second in order of events."""
        table = self.make_block.label_events
        assert table is not None, "asked only where there are reports"
        parts = [deferred.reports.native for deferred in self.deferred if deferred.reports]
        order = [("known_at", "ascending"), ("event_id", "ascending")]
        found = pa.Table.from_batches(parts, table.schema).sort_by(order)
        columns = {
            name: column.combine_chunks() for name, column in zip(found.column_names, found.columns, strict=True)
        }
        return Batch.of(table, columns, {})

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
