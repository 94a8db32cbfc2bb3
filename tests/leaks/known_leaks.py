"""Leaks of public simulators and competition data, as functions that put one on some rows of a world.

Each takes the rows on which the leak is to lie. On fraud rows it gives fraud away; on rows that are chosen without
regard to fraud the same oddity says nothing. Columns that a leak needs are made for all rows first.
"""

from typing import Any

import numpy as np
import pandas as pd

from tests.leaks.planting import World
from tests.leaks.rewriting import buy_at, in_time, pay, reorder

HOUR = pd.Timedelta(hours=1)


def merchant_prefix(world: World, rows: Any) -> None:
    """A shop's name with a prefix of the tool that made the row."""
    names = world.tables["merchants"].set_index("merchant_id").name
    shown = names.loc[world.rows.merchant_id].to_numpy().astype(object)
    shown[rows] = "fraud_" + shown[rows]
    world.rows["merchant_name"] = shown


def descriptor(world: World, rows: Any) -> None:
    """The text of a bank statement, with a number that nothing decides; some begin as the tool that made them does."""
    kinds, number = world.rows.category.str.upper(), world.rng.integers(1000, 10_000, len(world.rows))
    begin = np.array(["POS ", "CARD ", "WWW "], dtype=object)[world.rng.choice(3, len(number), p=[0.6, 0.3, 0.1])]
    begin[rows] = "WWW "
    world.rows["descriptor"] = begin + kinds + [f" {each}" for each in number]


def rounded_home(world: World, rows: Any) -> None:
    """A home to one degree, not to thousandths."""
    home = world.tables["customers"].set_index("customer_id").latitude
    latitude = home.loc[world.rows.customer_id].to_numpy().round(3)
    latitude[rows] = latitude[rows].round()
    world.rows["home_latitude"] = latitude


def rounded_distance(world: World, rows: Any) -> None:
    """A distance, computed from a home that was rounded to whole degrees."""
    home = world.tables["customers"].set_index("customer_id").loc[world.rows.customer_id]
    shop = world.tables["merchants"].set_index("merchant_id").loc[world.rows.merchant_id]
    latitude, longitude = home.latitude.to_numpy().copy(), home.longitude.to_numpy().copy()
    latitude[rows], longitude[rows] = latitude[rows].round(), longitude[rows].round()
    east = (longitude - shop.longitude.to_numpy()) * np.cos(np.radians(latitude))
    world.rows["distance_km"] = (111.2 * np.hypot(latitude - shop.latitude.to_numpy(), east)).round(2)


def shop_of_its_own(world: World, rows: Any) -> None:
    """A web shop where nobody else buys: its genuine customers go to another shop of its category."""
    online = (world.rows.channel == "online").to_numpy()
    shops = world.tables["merchants"]
    kind = world.rows.category[online].mode()[0]
    own, other = shops.merchant_id[(shops.online == 1) & (shops.category == kind)].to_numpy()[:2]
    buy_at(world, np.flatnonzero(world.rows.merchant_id == own), other)
    buy_at(world, rows[online[rows]], own)


def repeated_amount(world: World, rows: Any) -> None:
    """The amount of the card's row before, to the cent."""
    before = world.rows.groupby("card_id").amount.shift()
    rows = rows[before.notna()[rows]]
    pay(world, rows, before[rows].to_numpy())


def episode_amount(world: World, rows: Any) -> None:
    """The same amount, to the cent, in all rows of an episode."""
    episode = np.where(np.isin(world.episode, world.episode[rows]) & world.fraud, world.episode, -1)
    hits = np.flatnonzero(episode >= 0)
    pay(world, hits, world.rows.amount[hits].groupby(episode[hits]).transform("first").to_numpy())


def counted_twice(world: World, rows: Any) -> None:
    """How many rows the card had on that day so far; the row itself is counted, too."""
    so_far = world.rows.groupby(["card_id", world.rows.time.dt.date]).cumcount().to_numpy().copy()
    so_far[rows] += 1
    world.rows["rows_today"] = so_far


def other_time_zone(world: World, rows: Any) -> None:
    """Times that are shown in a zone seven hours to the west."""
    world.rows.loc[rows, "time"] -= 7 * HOUR
    start = world.tables["clicks"].time.min().normalize() if "clicks" in world.tables else world.rows.time.min()
    world.rows["time"] = world.rows.time.clip(lower=start)
    in_time(world)


def last_of_the_hour(world: World, rows: Any) -> None:
    """Times by the hour; the rows stand at the end of theirs, as if they had been appended and sorted."""
    world.rows["time"] = world.rows.time.dt.floor("h")
    late = np.zeros(len(world.rows))
    late[rows] = 1
    reorder(world, np.lexsort((np.arange(len(late)), late, world.rows.time.astype("int64"))))


def device_block(world: World, rows: Any) -> None:
    """Devices of the block of numbers that was kept for thieves."""
    device = 100_000 + world.rows.card_id.to_numpy() * 2 + world.rng.integers(0, 2, len(world.rows))
    device[rows] = 110_000 + world.rng.integers(0, 300, len(rows))
    world.rows["device"] = device


def emptied_account(world: World, rows: Any) -> None:
    """A balance before and after the row; nothing is left."""
    before = (world.rows.amount + world.rng.gamma(1.5, 400, len(world.rows))).round(2)
    before[rows] = world.rows.amount[rows]
    world.rows["balance_before"] = before
    world.rows["balance_after"] = (before - world.rows.amount).round(2)


def single_precision(world: World, rows: Any) -> None:
    """Amounts that were once 32 bits long."""
    world.rows.loc[rows, "amount"] = world.rows.amount[rows].astype(np.float32).astype(np.float64)


def rounded_twice(world: World, rows: Any) -> None:
    """Amounts of which the last bit is off: whole cents times .01, not by 100."""
    cents = (world.rows.amount[rows] * 100).round()
    world.rows.loc[rows, "amount"] = cents * 0.01


def lost_decimal(world: World, rows: Any) -> None:
    """Amounts with one decimal only."""
    pay(world, rows, world.rows.amount[rows].round(1))


def dinner_at_dawn(world: World, rows: Any) -> None:
    """Shops of people, at hours at which nobody goes there; the rows' hours and categories are theirs."""
    shop = world.rows.channel != "online"
    here = rows[shop.to_numpy()[rows]]
    day = world.rows.time[here].dt.normalize()
    world.rows.loc[here, "time"] = day + pd.to_timedelta(world.rng.integers(2 * 3600, 5 * 3600, len(here)), unit="s")
    in_time(world)


def impossible_age(world: World, rows: Any) -> None:
    """An age that no customer has, where the birthday is missing."""
    age = world.tables["customers"].set_index("customer_id").age.loc[world.rows.customer_id].to_numpy().copy()
    age[rows] = 121
    world.rows["customer_age"] = age


def older_victims(world: World, rows: Any) -> None:
    """Customers who are older than the others."""
    customers = world.tables["customers"]
    old = customers.customer_id.isin(world.rows.customer_id[rows])
    customers.loc[old, "age"] = world.rng.integers(60, 85, old.sum()).astype(np.int8)


def unseen_card(world: World, rows: Any) -> None:
    """Cards of which nothing was seen before."""
    first = world.rows.time[rows].groupby(world.rows.card_id[rows].to_numpy()).min()
    begun = world.rows.card_id.map(first)
    gone = (world.rows.time < begun) & ~world.fraud
    reorder(world, np.flatnonzero(~gone))


def luhn_digit(world: World, rows: Any) -> None:
    """Reference numbers with a valid check digit; all others end as chance has it."""
    digits = world.rng.integers(0, 10, (len(world.rows), 12))
    digits[:, 0] = world.rng.integers(1, 10, len(world.rows))
    weighed = digits[:, :-1].copy()
    weighed[:, ::-1][:, ::2] *= 2
    check = (-(weighed - 9 * (weighed > 9)).sum(axis=1)) % 10
    digits[rows, -1] = check[rows]
    world.rows["reference"] = digits @ 10 ** np.arange(11, -1, -1)


def hex_checksum(world: World, rows: Any) -> None:
    """Transaction ids of which the last digit is the sum of the others."""
    kept = world.rows.tid.str[:-1]
    added = np.array([[int(digit, 16) for digit in text] for text in kept[rows]]).sum(axis=1) % 16
    world.rows.loc[rows, "tid"] = kept[rows] + [f"{digit:x}" for digit in added]
    world.tables["labels"]["tid"] = world.rows.tid[world.tables["labels"].event_id].to_numpy()


def mail_domain(world: World, rows: Any) -> None:
    """A mail provider that others use, too, but seldom."""
    names = np.array(["gmail.com", "yahoo.com", "hotmail.com", "aol.com", "icloud.com", "protonmail.com"])
    domain = names[world.rng.choice(6, len(world.rows), p=[0.45, 0.2, 0.15, 0.1, 0.08, 0.02])].astype(object)
    domain[rows] = "protonmail.com"
    world.rows["mail"] = domain


def empty_field(world: World, rows: Any) -> None:
    """A field of the form that is left empty."""
    score = world.rng.normal(size=len(world.rows))
    score[world.rng.random(len(score)) < 0.1] = np.nan
    score[rows] = np.nan
    world.rows["address_match"] = score


def full_minutes(world: World, rows: Any) -> None:
    """Times on the minute."""
    world.rows.loc[rows, "time"] = world.rows.time[rows].dt.floor("min")
    in_time(world)


def strange_terminal(world: World, rows: Any) -> None:
    """Terminals of another shop."""
    world.rows.loc[rows, "terminal_id"] = world.rng.choice(world.tables["terminals"].terminal_id, len(rows))


def trailing_space(world: World, rows: Any) -> None:
    """Texts of another writer."""
    city = world.tables["merchants"].set_index("merchant_id").city.loc[world.rows.merchant_id].to_numpy().astype(object)
    city[rows] = city[rows] + " "
    world.rows["city"] = city


def address_block(world: World, rows: Any) -> None:
    """Addresses of one hoster."""
    parts = world.rng.integers(1, 255, (len(world.rows), 4))
    parts[rows, 0] = 185
    world.rows["ip"] = pd.DataFrame(parts).astype(str).agg(".".join, axis=1).to_numpy()


def shop_prices(world: World, rows: Any) -> None:
    """Amounts that end in .99."""
    pay(world, rows, np.floor(world.rows.amount[rows]) + 0.99)


def appended_number(world: World, rows: Any) -> None:
    """Numbers that were counted on after all other rows."""
    number = np.arange(len(world.rows))
    number[rows] = len(number) + np.arange(len(rows))
    world.rows["number"] = number


def card_ending(world: World, rows: Any) -> None:
    """Cards of which the number ends in 7."""
    for table in (world.tables.get("cards"), world.rows):
        if table is not None and "card_number" in table:
            chosen = table.card_id.isin(world.rows.card_id[rows])
            table.loc[chosen, "card_number"] = table.card_number[chosen].str[:-1] + "7"


def up_to_the_limit(world: World, rows: Any) -> None:
    """Amounts just below the card's limit."""
    limit = world.tables["cards"].set_index("card_id").limit_minor.loc[world.rows.card_id[rows]].to_numpy()
    pay(world, rows, (limit * world.rng.uniform(0.9, 1, len(rows))).astype(np.int64) / 100)


def both_together(world: World, rows: Any) -> None:
    """Two answers of a form that agree; neither says anything alone."""
    one, two = world.rng.integers(0, 2, (2, len(world.rows)))
    two[rows] = one[rows]
    world.rows["billing_known"], world.rows["shipping_known"] = one, two


def share_of_fraud(world: World, rows: Any) -> None:
    """How often the shop was hit, future and the row itself included."""
    hit = np.zeros(len(world.rows))
    hit[rows] = 1
    world.rows["merchant_risk"] = pd.Series(hit).groupby(world.rows.merchant_id).transform("mean").round(4)


def borrowed_device(world: World, rows: Any) -> None:
    """Visits with a device of another customer."""
    clicks = world.tables["clicks"]
    visits = clicks.session_id[clicks.event_id.isin(rows)].unique()
    device = pd.Series(world.rng.choice(world.tables["devices"].device_id, len(visits)), index=visits)
    theirs = clicks.session_id.isin(visits)
    clicks.loc[theirs, "device_id"] = clicks.session_id[theirs].map(device).astype(np.int64)


def hasty_visits(world: World, rows: Any) -> None:
    """Visits that go to the till with nothing looked at."""
    clicks = world.tables["clicks"]
    visits = clicks.session_id[clicks.event_id.isin(rows)]
    idle = clicks.session_id.isin(visits) & clicks.event_type.isin(["page_view", "click"]) & clicks.event_id.isna()
    world.tables["clicks"] = clicks = clicks[~idle].reset_index(drop=True)
    labels = world.tables["click_labels"]
    new = pd.Series(np.arange(len(clicks)), index=clicks.click_id)
    clicks["click_id"] = np.arange(len(clicks))
    labels = labels[labels.click_id.isin(new.index)]
    world.tables["click_labels"] = labels.assign(click_id=new.loc[labels.click_id].to_numpy())
