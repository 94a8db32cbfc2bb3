"""Reckons how much is paid at each terminal.

Legend: ``_u`` a customer, ``_s`` a segment, ``_k`` a category, ``_h`` an hour of the day, ``_l`` a place of homes,
``_p`` a terminal, ``_i`` a list of terminals, ``_r`` an entry of one, ``_o`` a standing order.
"""

import numpy as np

from synth.arrays import Float
from synth.contracts.population import Population
from synth.contracts.rhythms import DAY_S
from synth.generators.spending.plan import SpendingPlan
from synth.generators.spending.shops import WeightedLists

_MONTH_S = 365.25 * DAY_S / 12


def expect_at_terminals(plan: SpendingPlan, people: Population) -> Float:
    """(p,) genuine rows to be expected in the window: of purchases near home and on the web, and of standing orders."""
    shops, terminals = plan.shops, len(people.terminals)
    shop_sk, web_sk = _bought(plan)
    segments = len(shop_sk)
    code_u = shops.place_u * segments + people.customers.segment_u
    rate_ls = np.bincount(code_u, plan.shoppers.rate_u, minlength=shops.homes * segments).reshape(-1, segments)
    near_i = np.zeros(len(shops.near.first_i) - 1)
    near_i[: shops.homes * shops.categories] = (rate_ls @ shop_sk).ravel()
    bought_p = _shared(shops.near, near_i, terminals) + _shared(shops.web, rate_ls.sum(axis=0) @ web_sk, terminals)
    bought_p *= plan.quota_bk.sum() / bought_p.sum()
    months = (plan.edge_s_b[-1] - plan.edge_s_b[0]) / _MONTH_S
    due_p: Float = bought_p + months * np.bincount(plan.orders.terminal_o, minlength=terminals)
    return due_p


def _bought(plan: SpendingPlan) -> tuple[Float, Float]:
    """(s, k) the share of what a segment buys that is of a category and bought in a shop, and on the web."""
    segments = len(plan.rhythm.mass_sn)
    share_ik = plan.tastes.share_ik
    hour_n = plan.rhythm.edge_seconds_n[:-1] // 3600 % 24
    mass_sh = np.stack([np.bincount(hour_n, mass_n, minlength=24) for mass_n in plan.rhythm.mass_sn])
    # after a drift people have other tastes; what they did before stands for both
    share_shk = share_ik.reshape(-1, 24, share_ik.shape[1])[:segments]
    online_shk = plan.tastes.online_ik.reshape(-1, 24, share_ik.shape[1])[:segments]
    weight_shk = share_shk * mass_sh[:, :, None]
    return (weight_shk * (1 - online_shk)).sum(axis=1), (weight_shk * online_shk).sum(axis=1)


def _shared(lists: WeightedLists, rows_i: Float, terminals: int) -> Float:
    """(p,) the rows of each list, shared out to its terminals by weight; those of an empty one fall out."""
    list_r = np.repeat(np.arange(len(rows_i)), np.diff(lists.first_i))
    weight_r = np.diff(lists.before_r)
    share_r = np.divide(weight_r, lists.weight_i[list_r], out=np.zeros(len(weight_r)), where=weight_r > 0)
    rows_p: Float = np.bincount(lists.item_r, share_r * rows_i[list_r], minlength=terminals).astype(np.float64)
    return rows_p
