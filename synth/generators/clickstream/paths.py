"""The paths of sessions: which events, in which order, on the pages of which products.

Legend: ``_t`` an event, ``_s`` a session, ``_v`` a product that a session stops at. All stand session by session.
"""

from dataclasses import dataclass

import numpy as np

from synth.arrays import Int64, Mask
from synth.contracts.sessions import ADD_TO_CART, CLICK, LOGIN, LOGIN_FAILED, PAGE_VIEW, PURCHASE
from synth.generators.clickstream.config import ClickstreamConfig, Logins

MOST_PRODUCTS, MOST_TRIES = 100, 5


@dataclass(frozen=True)
class Paths:
    """Events in the order of their sessions.

    Attributes:
        session_t: (t,) int64 which session, from 0.
        type_t: (t,) int64 index into ``EVENT_TYPES``.
        visit_t: (t,) int64 which stop at a product, counted over all sessions.
        visits: stops at products in all.
    """

    session_t: Int64
    type_t: Int64
    visit_t: Int64
    visits: int

    @property
    def sessions(self) -> int:
        """How many there are."""
        return int(self.session_t[-1]) + 1 if len(self.session_t) else 0


@dataclass(frozen=True)
class _Stops:
    """What happens: (s,) attempts to log in, their success, first stop; (v,) session and events of a stop."""

    tries_s: Int64
    inside_s: Mask
    first_s: Int64
    session_v: Int64
    view_v: Mask
    click_v: Mask
    cart_v: Mask
    bought_v: Mask


def draw_paths(config: ClickstreamConfig, rows: int, *, rng: "np.random.Generator") -> Paths:
    """Whole sessions until there are enough events; the last one breaks off where they are.

    A session begins with a login (``login.share``) or with a page. An attempt fails with chance ``fails``; who failed
    tries again (``retry``) or leaves. Then come products, one after the other (``another``): page_view,
    perhaps click, perhaps add_to_cart. At the end all that is in the cart is bought, or nothing. A login happens on the
    page of the session's first product, whose page_view it replaces.
    """
    sessions = 16 + int(1.1 * rows / _mean_events(config))
    while True:
        stops = _draw_stops(config, sessions, rng=rng)
        paths = _lay_out(stops, rows)
        if len(paths.type_t) == rows:
            return paths
        sessions *= 2


def draw_sessions(config: ClickstreamConfig, sessions: int, *, rng: "np.random.Generator") -> Paths:
    """So many whole sessions."""
    return _lay_out(_draw_stops(config, sessions, rng=rng), None)


def _mean_events(config: ClickstreamConfig) -> float:
    """Events of an average session, but for those of who leaves without having logged in."""
    funnel, login = config.funnel, config.login
    pages = 1 / (1 - funnel.another) - login.share
    bought = funnel.click * (1 + funnel.add_to_cart * (1 + funnel.purchase))
    return login.share / (1 - login.fails * login.retry) + pages * (1 + bought)


def _draw_stops(config: ClickstreamConfig, sessions: int, *, rng: "np.random.Generator") -> _Stops:
    tries_s, inside_s = _draw_logins(config.login, sessions, rng=rng)
    products_s = np.minimum(rng.geometric(1 - config.funnel.another, sessions), MOST_PRODUCTS)
    products_s[(tries_s > 0) & ~inside_s] = 1
    first_s = np.cumsum(products_s) - products_s
    session_v = np.repeat(np.arange(sessions), products_s)
    view_v = np.ones(len(session_v), dtype=bool)
    view_v[first_s[tries_s > 0]] = False
    click_v = view_v & (rng.random(len(session_v)) < config.funnel.click)
    cart_v = click_v & (rng.random(len(session_v)) < config.funnel.add_to_cart)
    bought_v = cart_v & (rng.random(sessions) < config.funnel.purchase)[session_v]
    return _Stops(tries_s, inside_s, first_s, session_v, view_v, click_v, cart_v, bought_v)


def _draw_logins(login: Logins, sessions: int, *, rng: "np.random.Generator") -> tuple[Int64, Mask]:
    """(s,) attempts to log in, 0 for who does not, and whether the last one succeeds.

    An attempt is followed by another with chance fails x retry, so that attempts are geometric; the last one succeeds
    with chance (1 - fails) / (1 - fails x retry).
    """
    again = login.fails * login.retry
    tries_s = np.minimum(rng.geometric(1 - again, sessions), MOST_TRIES)
    tries_s[rng.random(sessions) >= login.share] = 0
    inside_s = (tries_s > 0) & (rng.random(sessions) < (1 - login.fails) / (1 - again))
    return tries_s, inside_s


def _lay_out(stops: _Stops, rows: int | None) -> Paths:
    """Numbers the events of all sessions and keeps the first ones; None: all."""
    session_v, sessions = stops.session_v, len(stops.tries_s)
    seen_v = stops.view_v.astype(np.int64) + stops.click_v + stops.cart_v
    seen_s = np.bincount(session_v, weights=seen_v, minlength=sessions).astype(np.int64)
    bought_s = np.bincount(session_v, weights=stops.bought_v, minlength=sessions).astype(np.int64)
    length_s = stops.tries_s + seen_s + bought_s
    end_s = np.cumsum(length_s)
    total = int(end_s[-1])
    session_t = np.repeat(np.arange(sessions), length_s)
    type_t, visit_t = np.full(total, LOGIN_FAILED), stops.first_s[session_t]
    begin_s = end_s - length_s
    type_t[(begin_s + stops.tries_s - 1)[stops.inside_s]] = LOGIN
    # The rows of earlier sessions, this one's logins and what was seen before come first.
    page_v = np.cumsum(seen_v) - seen_v + (np.cumsum(stops.tries_s) + np.cumsum(bought_s) - bought_s)[session_v]
    paid_v = np.cumsum(stops.bought_v) - 1 + (np.cumsum(stops.tries_s) + np.cumsum(seen_s))[session_v]
    for kind, row_v, here_v in (
        (PAGE_VIEW, page_v, stops.view_v),
        (CLICK, page_v + 1, stops.click_v),
        (ADD_TO_CART, page_v + 2, stops.cart_v),
        (PURCHASE, paid_v, stops.bought_v),
    ):
        stop = np.flatnonzero(here_v)
        type_t[row_v[stop]] = kind
        visit_t[row_v[stop]] = stop
    return Paths(session_t[:rows], type_t[:rows], visit_t[:rows], len(session_v))
