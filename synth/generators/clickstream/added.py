"""The sessions of events that patterns add, and the ways that they take through the shop.

Legend: ``_t`` an event, ``_i`` an event in the order of customers, ``_r`` a run of events, ``_s`` a session.
"""

import numpy as np

from synth.arrays import Int64, Mask
from synth.contracts.events import IncompleteEvents
from synth.contracts.sessions import ShopIds
from synth.generators.clickstream.config import ClickstreamConfig
from synth.generators.clickstream.paths import draw_sessions
from synth.timeline import US_PER_S


def lay_added(
    config: ClickstreamConfig, ids: ShopIds, events: IncompleteEvents, *, rng: "np.random.Generator"
) -> tuple[Int64, Int64]:
    """(t,) session ids and (t,) types: what an episode does on a card, until a pause, are visits as honest ones are.

    One visit follows the other, and the pause breaks off the last. Where a pattern says what happens, all until the
    pause is one visit.
    """
    given_t = events.own.get("event_type", np.full(len(events.card_t), -1)) >= 0
    order, length_r = _runs(events, given_t, config.gap.most_s)
    session_i, type_i = _walks(config, length_r, rng=rng)
    given_i, run_i = given_t[order], np.repeat(np.arange(len(length_r)), length_r)
    session_i = np.where(given_i, -1 - run_i, session_i)
    new_i = np.diff(session_i, prepend=np.iinfo(np.int64).max) != 0
    first_s = order[new_i]
    id_s = ids.name_added(events.time_us_t[first_s], events.card_t[first_s], rng=rng)
    id_t, type_t = np.empty(len(order), dtype=np.int64), np.empty(len(order), dtype=np.int64)
    id_t[order] = id_s[np.cumsum(new_i) - 1]
    type_t[order] = type_i
    return id_t, type_t


def _runs(events: IncompleteEvents, apart_t: Mask, gap_s: int) -> tuple[Int64, Int64]:
    """(i,) events by customer and time, some of them apart, and (r,) lengths of what no pause cuts."""
    who_t = events.episode_t * 2 + apart_t
    order = np.lexsort((events.time_us_t, events.card_t, who_t))
    new_i = np.ones(len(order), dtype=bool)
    new_i[1:] = (np.diff(who_t[order]) != 0) | (np.diff(events.card_t[order]) != 0)
    new_i[1:] |= np.diff(events.time_us_t[order]) > gap_s * US_PER_S
    return order, np.diff(np.append(np.flatnonzero(new_i), len(order)))


def _walks(config: ClickstreamConfig, length_r: Int64, *, rng: "np.random.Generator") -> tuple[Int64, Int64]:
    """(i,) sessions, numbered from 0, and (i,) types: each run is laid out with whole visits, the last one cut."""
    session_i, type_i = (np.empty(int(length_r.sum()), dtype=np.int64) for _ in range(2))
    next_r, end_r, sessions = np.cumsum(length_r) - length_r, np.cumsum(length_r), 0
    open_r = np.arange(len(length_r))
    while len(open_r):
        paths = draw_sessions(config, len(open_r), rng=rng)
        length_s = np.bincount(paths.session_t)
        step_t = np.arange(len(paths.session_t)) - (np.cumsum(length_s) - length_s)[paths.session_t]
        place_t = next_r[open_r][paths.session_t] + step_t
        kept_t = place_t < end_r[open_r][paths.session_t]
        session_i[place_t[kept_t]] = sessions + paths.session_t[kept_t]
        type_i[place_t[kept_t]] = paths.type_t[kept_t]
        sessions += len(open_r)
        next_r[open_r] += length_s
        open_r = open_r[next_r[open_r] < end_r[open_r]]
    return session_i, type_i
