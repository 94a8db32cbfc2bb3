"""Claims on the genuine rows of a block, applied in order: who comes later takes rows over."""

from dataclasses import dataclass, replace

import numpy as np

from synth.amount import HIGHEST
from synth.arrays import Int64
from synth.contracts.claimer import Genuine, broken_claims
from synth.contracts.generator import Events
from synth.engine.components import Cast
from synth.engine.plan import Plan
from synth.errors import RunError, blaming


@dataclass(frozen=True)
class Claimed:
    """Genuine rows with the claims on them.

    Attributes:
        events: the rows at the amounts that they have now.
        row_f: (f,) int64 claimed rows, ascending.
        facts_f: (3, f) int64 scenario, run-wide episode id and role of their owners, as ``Plan.facts_of`` tells them.
        before_minor_f: (f,) int64 what they cost before.
    """

    events: Events
    row_f: Int64
    facts_f: Int64
    before_minor_f: Int64


def claim(cast: Cast, plan: Plan, block: int, events: Events, number_t: Int64) -> Claimed:
    """Asks every claimer of the run for its claims on a block.

    Args:
        events: the genuine rows that stay.
        number_t: (t,) int64 their positions in the control world.
    """
    before, rows, facts = events.amount_minor_t, [np.empty(0, dtype=np.int64)], [np.empty((3, 0), dtype=np.int64)]
    for name, claimer in cast.claimers.items():
        genuine = Genuine(number_t, events.time_us_t, events.card_t, events.amount_minor_t, events.own)
        targets = plan.targets[name]
        with blaming(cast.blamed(name)):
            claims = claimer.claim(targets, block, genuine, streams=cast.streams_of(name))
            broken = broken_claims(claims, targets, genuine, len(claimer.roles), HIGHEST * 100)
        if broken:
            raise RunError(f"{cast.blamed(name)} claims {broken}; that is an error in its code")
        amount_t = events.amount_minor_t.copy()
        amount_t[claims.row_r] = claims.amount_minor_r
        events = replace(events, amount_minor_t=amount_t)
        rows.append(claims.row_r)
        facts.append(plan.facts_of(name, claims.episode_r, claims.role_r))
    claimed = np.concatenate(rows)
    row_f, from_end = np.unique(claimed[::-1], return_index=True)
    owners = len(claimed) - 1 - from_end
    return Claimed(events, row_f, np.concatenate(facts, axis=1)[:, owners], before[row_f])
