"""Applies fraud to the genuine rows of a block: adds rows, drops those that give way, applies claims, sorts."""

from dataclasses import dataclass

import numpy as np

from synth.arrays import Int64, Mask
from synth.contracts.events import Events
from synth.contracts.generator import rows_with, sort_code
from synth.engine.claims import claim
from synth.engine.components import Components
from synth.engine.episodes import EpisodeRows
from synth.engine.facts import Facts, Truth
from synth.engine.plan import Plan
from synth.errors import blaming
from synth.rng import Streams


@dataclass(frozen=True)
class Injected:
    """The rows of a block, fraud included.

    Attributes:
        events: all rows, in order.
        truth: which of them are fraud.
        claimed: the episodes of claimed rows, as far as this block knows them.
        source_t: (t,) the genuine row that each was; -1 for an added one.
    """

    events: Events
    truth: Truth
    claimed: EpisodeRows
    source_t: Int64


@dataclass(frozen=True)
class Planned:
    """The fraud rows that are added to a block.

    Attributes:
        events: in the order of their scenarios.
        facts: what is true of them.
        replaced: how many genuine rows give way.
    """

    events: Events
    facts: Facts
    replaced: int


def inject(components: Components, plan: Plan, block: int, genuine: Events) -> Injected:
    """Adds the planned rows, drops those that give way, applies claims, and puts all in order."""
    planned = _planned(components, plan, block)
    code_t, code_f = _code(components, genuine), _code(components, planned.events)
    staying = np.flatnonzero(_staying(components, block, code_t, code_f, planned.replaced))
    kept, kept_rows = genuine, staying
    if components.claimers and len(staying) < len(code_t):
        # Claimers see the rows that stay, and those alone; where there are none, the rows move once, below.
        kept, kept_rows = genuine.take(staying), np.arange(len(staying))
    claimed = claim(components, plan, block, kept, plan.first_genuine_b[block] + staying)
    sorted_f = np.argsort(code_f, kind="stable")
    before_f = np.searchsorted(staying, np.searchsorted(code_t, code_f[sorted_f], side="right"))
    events, added_rows = _inserted(claimed.events, kept_rows, planned.events.take(sorted_f), before_f)
    source_t = np.insert(staying, before_f, -1)
    claimed_rows = claimed.row_f + np.searchsorted(before_f, claimed.row_f, side="right")
    row_f = np.concatenate([claimed_rows, added_rows[_inverse(sorted_f)]])
    by_row = np.argsort(row_f)
    facts = Facts.joined([claimed.facts, planned.facts]).take(by_row)
    truth = Truth(row_f[by_row], facts, plan.scenarios, plan.roles)
    return Injected(events, truth, claimed.episodes(plan.scenarios), source_t)


def _inserted(kept: Events, kept_rows: Int64, added: Events, before_f: Int64) -> tuple[Events, Int64]:
    """Genuine rows and added ones, in order, and (f,) int64 the rows in which the added ones are.

    Both are sorted, so that nothing has to be but sought. Fraud is rare: each column is gathered once, as if a genuine
    row stood in the place of each added one, and then these are written over it.

    Args:
        kept_rows: (t,) int64 the rows of ``kept`` that stay.
        before_f: (f,) int64 how many of these stand before each added row; ascending.
    """
    if not len(before_f):
        return kept, before_f  # nothing gives way where nothing is added
    added_rows = before_f + np.arange(len(before_f))
    if not len(kept_rows):
        return added, added_rows
    events = kept.take(np.insert(kept_rows, before_f, kept_rows[0]))
    events.time_us_t[added_rows] = added.time_us_t
    events.card_t[added_rows] = added.card_t
    events.amount_minor_t[added_rows] = added.amount_minor_t
    for name, values in events.own.items():
        values[added_rows] = added.own[name]
    return events, added_rows


def _planned(components: Components, plan: Plan, block: int) -> Planned:
    """What the injectors add to a block."""
    nothing = np.empty(0, dtype=np.int64)
    events, facts, replaced = Events(nothing, nothing, nothing), [], 0
    for name, injector in components.injectors.items():
        with blaming(components.owner_of(name)):
            injection = injector.inject(plan.fraud_here(name, block))
        added = injection.added
        facts.append(plan.facts_of(name, added.episode_f, added.role_f))
        replaced += injection.replaced
        if len(added.card_f):
            here = Events(added.time_us_f, added.card_f, added.amount_minor_f, added.own)
            events = events.joined(here) if len(events.card_t) else here
    return Planned(events, Facts.joined(facts), replaced)


def _staying(components: Components, block: int, code_t: Int64, code_f: Int64, replaced: int) -> Mask:
    """(t,) bool: which genuine rows stay. Those that meet a fraud event go first, then random ones.

    Args:
        code_t, code_f: sort codes of the genuine and of the added rows.
    """
    stays = np.ones(len(code_t), dtype=bool)
    if not len(code_f):
        return stays
    position, met = rows_with(code_t, code_f)
    stays[position[met]] = False
    staying = np.flatnonzero(stays)
    more = replaced - (len(stays) - len(staying))
    rng = Streams(components.seed, "block").draw("replaced", block)
    stays[rng.choice(staying, size=more, replace=False)] = False
    return stays


def _code(components: Components, events: Events) -> Int64:
    return sort_code(events.time_us_t, events.card_t, components.world.cards)


def _inverse(order: Int64) -> Int64:
    """Where each row goes, of the order in which the rows come."""
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return place
