"""Draws the clicks of a session, and their times.

Legend: ``_t`` an event, ``_s`` a session, ``_v`` a product that a session stops at. All stand session by session.
"""

from dataclasses import dataclass

import numpy as np

from synth.arrays import Int64
from synth.clicks.config import Looks, ShopVisits
from synth.clicks.visits import Visits
from synth.contracts.sessions import ADD_TO_CART, CLICK, LOGIN, LOGIN_FAILED, PAGE_VIEW, PROFILE_CHANGE, PURCHASE
from synth.generators.clickstream.config import Gap
from synth.generators.clickstream.paths import MOST_PRODUCTS


@dataclass(frozen=True)
class Path:
    """Events in the order of their sessions: (t,) each.

    Attributes:
        session_t: which session, from 0.
        type_t: index into ``ACCOUNT_TYPES``.
        second_t: seconds since 1970-01-01 UTC.
    """

    session_t: Int64
    type_t: Int64
    second_t: Int64


def draw_path(shop: ShopVisits, visits: Visits, *, rng: "np.random.Generator") -> Path:
    """The events of some visits.

    A session is: failed logins, a login and a change of the profile, where there are any; then products one after the
    other, each a page_view that may lead to a click and to add_to_cart; at last the purchase, if it is one that buys.
    A session that has less room than it would take goes faster.
    """
    number_s = np.arange(len(visits))
    stop_t, looked_t = _draw_looks(shop.looks, visits, rng=rng)
    login_s = np.flatnonzero(visits.login_s)
    steps = (
        (LOGIN_FAILED, np.repeat(login_s, visits.fails_s[login_s])),
        (LOGIN, login_s),
        (PROFILE_CHANGE, number_s[visits.change_s]),
        (looked_t, stop_t),
        (PURCHASE, number_s[visits.buys_s]),
    )
    session_t = np.concatenate([session for _, session in steps])
    type_t = np.concatenate([np.broadcast_to(kind, session.shape) for kind, session in steps])
    order = np.argsort(session_t, kind="stable")
    session_t = session_t[order]
    to_go_t = _draw_times(shop.gap, session_t, visits.room_s, rng=rng)
    return Path(session_t, type_t[order], visits.last_s[session_t] - to_go_t)


def _draw_looks(looks: Looks, visits: Visits, *, rng: "np.random.Generator") -> tuple[Int64, Int64]:
    """(t,) sessions and (t,) types of what is looked at, in order."""
    products_s = np.minimum(rng.geometric(1 - looks.another, len(visits)), MOST_PRODUCTS)
    session_v = np.repeat(np.arange(len(visits)), products_s)
    bought_v = (np.cumsum(products_s) - 1)[visits.buys_s]
    chance_v = rng.random((2, len(session_v)))
    click_v = chance_v[0] < looks.click
    click_v[bought_v] = True
    cart_v = click_v & (chance_v[1] < looks.add_to_cart)
    cart_v[bought_v] = True
    seen = np.stack([np.ones_like(click_v), click_v, cart_v], axis=1).ravel()
    type_t = np.tile(np.array([PAGE_VIEW, CLICK, ADD_TO_CART]), len(session_v))[seen]
    return np.repeat(session_v, 3)[seen], type_t


def _draw_times(gap: Gap, session_t: Int64, room_s: Int64, *, rng: "np.random.Generator") -> Int64:
    """(t,) seconds from each event to the last one of its session, at most ``room_s``: then all gaps shrink alike."""
    wait_t = np.exp(np.log(gap.median_s) + gap.sigma * rng.standard_normal(len(session_t)))
    passed_t = np.cumsum(np.clip(np.rint(wait_t), 1, gap.most_s).astype(np.int64))
    # Every session has an event: each stops at a product at least.
    end_s = np.cumsum(np.bincount(session_t, minlength=len(room_s))) - 1
    first_s = np.concatenate([[0], end_s + 1])[:-1]
    to_go_t = passed_t[end_s][session_t] - passed_t
    faster_s = np.minimum(1.0, room_s / np.maximum(to_go_t[first_s], 1))
    in_time_t: Int64 = np.minimum(np.floor(to_go_t * faster_s[session_t]).astype(np.int64), room_s[session_t])
    return in_time_t
