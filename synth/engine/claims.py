"""Claims on the genuine rows of a block, applied in order: who comes later takes rows over."""

from dataclasses import dataclass, replace

import numpy as np

from synth.amount import HIGHEST
from synth.arrays import Int64
from synth.contracts.claimer import Genuine, broken_claims
from synth.contracts.events import Events, could_be_fraud
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
    before = events
    mine = _claimable(components, events)
    rows, facts = [np.empty(0, dtype=np.int64)], []
    for name, claimer in components.claimers.items():
        seen = events if mine is None else events.take(mine)
        genuine = Genuine(
            number_t if mine is None else number_t[mine], seen.time_us_t, seen.card_t, seen.amount_minor_t, seen.own
        )
        targets = plan.targets[name]
        with blaming(components.owner_of(name)):
            claims = claimer.claim(targets, block, genuine, streams=components.streams_of(name))
            broken = broken_claims(claims, targets, genuine, len(claimer.roles), HIGHEST * 100)
        if broken:
            raise RunError(f"{components.owner_of(name)} claims {broken}; that is an error in its code")
        row_r = claims.row_r if mine is None else mine[claims.row_r]
        amount_t = events.amount_minor_t.copy()
        amount_t[row_r] = claims.amount_minor_r
        events = replace(events, amount_minor_t=amount_t)
        rows.append(row_r)
        before_minor_r = before.amount_minor_t[row_r]
        facts.append(plan.facts_of(name, claims.episode_r, claims.role_r, before_minor_f=before_minor_r))
    claimed = np.concatenate(rows)
    # Of several claims on a row the last one counts: the first in the reversed list.
    row_f, from_end = np.unique(claimed[::-1], return_index=True)
    facts_f = Facts.joined(facts).take(len(claimed) - 1 - from_end)
    return _decided_again(components, block, before, Claimed(events, row_f, facts_f))


def _claimable(components: Components, events: Events) -> Int64 | None:
    """The rows that claimers see: not those of which fraud is never; None for all of them."""
    if not components.claimers:
        return None
    could_t = could_be_fraud(components.generator.columns, events)
    return None if could_t.all() else np.flatnonzero(could_t)


def _decided_again(components: Components, block: int, before: Events, claimed: Claimed) -> Claimed:
    """The same with what follows from the amount of claimed rows, and what that was before among the facts."""
    names = [column.name for column in components.generator.columns if column.decided_again]
    if not names or not len(claimed.row_f):
        return claimed
    rows, own = claimed.row_f, dict(claimed.events.own)
    with blaming("the generator"):
        again = components.generator.decide_again(claimed.events.take(rows), world=components.world)
    if {*again} != {*names}:
        what = f"decide_again returns {', '.join(sorted(again)) or 'nothing'}, not {', '.join(sorted(names))}"
        raise components.broken_contract(block, what)
    facts = replace(claimed.facts, before={name: before.own[name][rows] for name in names})
    for name in names:
        own[name] = own[name].copy()
        own[name][rows] = again[name]
    return Claimed(replace(claimed.events, own=own), rows, facts)
