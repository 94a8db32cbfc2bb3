"""Claims on the genuine rows of a block, applied in order: who comes later takes rows over."""

from dataclasses import dataclass, replace

import numpy as np

from synth.amount import HIGHEST
from synth.arrays import Int64
from synth.contracts.claimer import Genuine, broken_claims
from synth.contracts.generator import Events
from synth.engine.components import Components
from synth.engine.episodes import EpisodeRows
from synth.engine.facts import Facts
from synth.engine.plan import Plan
from synth.errors import RunError, blaming


@dataclass(frozen=True)
class Claimed:
    """Genuine rows with the claims on them.

    Attributes:
        events: the rows at the amounts that they have now.
        row_f: (f,) int64 claimed rows, ascending.
        facts: what is true of them, by the last who claimed each.
    """

    events: Events
    row_f: Int64
    facts: Facts

    def episodes(self, scenarios: tuple[str, ...]) -> EpisodeRows:
        """The episodes of the claimed rows, as far as they lie in this block."""
        events, rows = self.events, self.row_f
        shown = (events.card_t[rows], events.time_us_t[rows], events.amount_minor_t[rows])
        return EpisodeRows.of(scenarios, self.facts.episode_id_f, self.facts.scenario_f, *shown)


def claim(components: Components, plan: Plan, block: int, events: Events, number_t: Int64) -> Claimed:
    """Asks every claimer of the run for its claims on a block.

    Args:
        events: the genuine rows that stay.
        number_t: (t,) int64 their positions in the control world.
    """
    before_minor_t = events.amount_minor_t
    rows, facts = [np.empty(0, dtype=np.int64)], []
    for name, claimer in components.claimers.items():
        genuine = Genuine(number_t, events.time_us_t, events.card_t, events.amount_minor_t, events.own)
        targets = plan.targets[name]
        with blaming(components.owner_of(name)):
            claims = claimer.claim(targets, block, genuine, streams=components.streams_of(name))
            broken = broken_claims(claims, targets, genuine, len(claimer.roles), HIGHEST * 100)
        if broken:
            raise RunError(f"{components.owner_of(name)} claims {broken}; that is an error in its code")
        amount_t = events.amount_minor_t.copy()
        amount_t[claims.row_r] = claims.amount_minor_r
        events = replace(events, amount_minor_t=amount_t)
        rows.append(claims.row_r)
        before_minor_r = before_minor_t[claims.row_r]
        facts.append(plan.facts_of(name, claims.episode_r, claims.role_r, before_minor_f=before_minor_r))
    claimed = np.concatenate(rows)
    # Of several claims on a row the last one counts: the first in the reversed list.
    row_f, from_end = np.unique(claimed[::-1], return_index=True)
    return Claimed(events, row_f, Facts.joined(facts).take(len(claimed) - 1 - from_end))
