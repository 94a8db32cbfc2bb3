"""What changes rows of a planted world in all places at once: order, amount, shop."""

from typing import Any

import numpy as np
import pandas as pd

from tests.leaks.planting import World


def reorder(world: World, order: Any) -> None:
    """Writes the rows in another order, numbered anew; rows that ``order`` leaves out are gone, from all tables."""
    new = np.full(len(world.rows), -1)
    new[order] = np.arange(len(order))
    world.rows = world.rows.iloc[order].reset_index(drop=True).assign(event_id=np.arange(len(order)))
    world.fraud, world.episode = world.fraud[order], world.episode[order]
    for name in ("labels", "label_events"):
        if name in world.tables:
            table = world.tables[name]
            table = table.assign(event_id=new[table.event_id])
            table = table[table.event_id >= 0]
            world.tables[name] = table.sort_values("event_id") if name == "labels" else table
    if "clicks" in world.tables:
        clicks = world.tables["clicks"]
        bought = clicks.event_id.notna()
        events = pd.Series(new[clicks.event_id[bought].astype(int)], index=clicks.index[bought])
        world.tables["clicks"] = clicks.assign(event_id=events[events >= 0])


def in_time(world: World) -> None:
    """Puts the rows in the order of their times again."""
    reorder(world, world.rows.time.argsort(kind="stable").to_numpy())


def pay(world: World, rows: Any, amount: Any) -> None:
    """Other amounts, in all columns that hold them."""
    world.rows.loc[rows, "amount"] = amount
    if "amount_minor" in world.rows:
        world.rows.loc[rows, "amount_minor"] = np.round(np.asarray(amount) * 100).astype(np.int64)


def buy_at(world: World, rows: Any, merchant: Any) -> None:
    """Other shops, with a terminal and the category of each."""
    terminals = world.tables["terminals"].groupby("merchant_id").terminal_id.first()
    world.rows.loc[rows, "merchant_id"] = merchant
    world.rows.loc[rows, "terminal_id"] = (
        terminals.loc[merchant].to_numpy() if np.ndim(merchant) else terminals[merchant]
    )
    categories = world.tables["merchants"].set_index("merchant_id").category
    world.rows.loc[rows, "category"] = (
        categories.loc[merchant].to_numpy() if np.ndim(merchant) else categories[merchant]
    )
