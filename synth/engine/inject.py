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
    kept = genuine if len(staying) == len(code_t) else genuine.take(staying)
    claimed = claim(components, plan, block, kept, plan.first_genuine_b[block] + staying)
    # Unordered, the added rows stand behind the genuine ones that stay.
    order = np.argsort(np.concatenate([code_t[staying], code_f]), kind="stable")
    events = claimed.events.joined(planned.events).take(order) if len(code_f) else claimed.events
    source_t = np.concatenate([staying, np.full(len(code_f), -1)])[order]
    unordered_f = np.concatenate([claimed.row_f, len(staying) + np.arange(len(code_f))])
    row_f = _inverse(order)[unordered_f]
    by_row = np.argsort(row_f)
    facts = Facts.joined([claimed.facts, planned.facts]).take(by_row)
    truth = Truth(row_f[by_row], facts, plan.scenarios, plan.roles)
    return Injected(events, truth, claimed.episodes(plan.scenarios), source_t)


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
