"""Keeps a thief to places that can be reached in the time between two payments.

Legend: ``_t`` an event, ``_e`` an episode, ``_p`` a terminal.
"""

import numpy as np

from synth.arrays import Int64, Mask
from synth.contracts.events import OPEN, IncompleteEvents
from synth.contracts.population import Population
from synth.generators.spending.places import Shops
from synth.generators.spending.shops import find_nearest
from synth.timeline import US_PER_S

#: Kilometres that anybody covers in no time, and in an hour: across a town, by whatever is at hand. A proposal.
AT_ONCE_KM = 0.1
KM_PER_HOUR = 40.0

_NEAR_KM = 5.0


def walk(
    fraud: IncompleteEvents,
    terminal_t: Int64,
    free_t: Mask,
    category_t: Int64,
    wanted_t: Mask,
    web_t: Int64,
    people: Population,
    shops: Shops,
) -> Int64:
    """(t,) terminals of which each can be reached from the one before, as far as they are not settled.

    A payment that is out of reach is made in the nearest shop that sells what is bought, where that is in reach or a
    pattern wants it, else on the web, and where nobody sells it there, where the thief is. What is on the web is bought
    from anywhere.

    Args:
        fraud: sorted by (episode, time).
        terminal_t: (t,) where they would pay.
        free_t: (t,) bool: which of these may be changed.
        category_t: (t,) what is bought; ``OPEN``: anything.
        wanted_t: (t,) bool: whether a pattern wants that.
        web_t: (t,) the terminal on the web that sells it; ``OPEN`` for none.
    """
    x_p, y_p = people.terminals.x_p, people.terminals.y_p
    online_p = people.merchants.online_m[people.terminals.merchant_p]
    terminal_t, second_t = terminal_t.copy(), fraud.time_us_t // US_PER_S
    head = np.flatnonzero(np.diff(fraud.episode_t, prepend=-1))
    length_e = np.diff(head, append=len(fraud))
    last_e, last_s_e = np.full(len(head), -1), np.zeros(len(head), dtype=np.int64)
    for step in range(int(length_e.max(initial=0))):
        going = np.flatnonzero(length_e > step)
        event = head[going] + step
        there = ~online_p[terminal_t[event]]
        going, event = going[there], event[there]
        at = np.maximum(last_e[going], 0)
        km = np.hypot(x_p[terminal_t[event]] - x_p[at], y_p[terminal_t[event]] - y_p[at])
        reach_km = AT_ONCE_KM + KM_PER_HOUR * (second_t[event] - last_s_e[going]) / 3600
        far = (last_e[going] >= 0) & (km > reach_km) & free_t[event]
        stay, seek = far & (category_t[event] == OPEN), np.flatnonzero(far & (category_t[event] != OPEN))
        terminal_t[event[stay]] = at[stay]
        for category in np.unique(category_t[event[seek]]):
            here = seek[category_t[event[seek]] == category]
            selling = shops.all.item_r[slice(*shops.all.first_i[category : category + 2])]
            nearest = selling[find_nearest(x_p[at[here]], y_p[at[here]], x_p[selling], y_p[selling], _NEAR_KM)]
            km = np.hypot(x_p[nearest] - x_p[at[here]], y_p[nearest] - y_p[at[here]])
            goes = wanted_t[event[here]] | (km <= reach_km[here])
            stays = np.where(web_t[event[here]] == OPEN, at[here], web_t[event[here]])
            terminal_t[event[here]] = np.where(goes, nearest, stays)
        paid = ~online_p[terminal_t[event]]
        last_e[going[paid]], last_s_e[going[paid]] = terminal_t[event[paid]], second_t[event[paid]]
    return terminal_t
