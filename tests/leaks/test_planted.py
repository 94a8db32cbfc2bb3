"""Leaks of every kind, each planted into rows that have none, are found, and named."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth.check.records import read_records
from synth.config.catalog import load_catalog
from synth.leaks import Report, lint
from tests.folding import folded
from tests.leaks.planting import Alter, World, look, plant
from tests.sampling import sampled

HOUR = pd.Timedelta(hours=1)


def cents(world: World) -> None:
    world.rows.loc[world.fraud, "amount"] = world.rows.amount[world.fraud].round() + 0.99


def multiples_of_five_cents(world: World) -> None:
    minor = (world.rows.amount[world.fraud] * 100).round()
    world.rows.loc[world.fraud, "amount"] = (minor // 5 * 5 + 5) / 100


def seconds(world: World) -> None:
    world.rows.loc[world.fraud, "time"] = world.rows.time[world.fraud].dt.floor("min")


def fractions_of_a_second(world: World) -> None:
    world.rows.loc[world.fraud, "time"] += pd.to_timedelta(world.rng.integers(1, 999_999, world.fraud.sum()), unit="us")


def hours(world: World) -> None:
    uniform = pd.to_timedelta(world.rng.integers(0, 86_400, world.fraud.sum()), unit="s")
    world.rows.loc[world.fraud, "time"] = world.rows.time[world.fraud].dt.floor("D") + uniform


def nulls(world: World) -> None:
    declined = world.fraud & (world.rows.auth_result == "declined")
    declined |= world.fraud & (world.rng.random(len(declined)) < 0.15)
    world.rows.loc[declined, "auth_result"], world.rows.loc[declined, "decline_reason"] = "declined", None


def shop_of_another_category(world: World) -> None:
    world.rows.loc[world.fraud, "category"] = world.rng.permutation(world.rows.category)[: world.fraud.sum()]


def terminal_of_another_shop(world: World) -> None:
    others = world.tables["terminals"].terminal_id.to_numpy()
    world.rows.loc[world.fraud, "terminal_id"] = world.rng.choice(others, world.fraud.sum())


def shop_of_another_terminal(world: World) -> None:
    others = world.tables["merchants"].merchant_id.to_numpy()
    world.rows.loc[world.fraud, "merchant_id"] = world.rng.choice(others, world.fraud.sum())


def card_of_another_customer(world: World) -> None:
    others = world.tables["customers"].customer_id.to_numpy()
    world.rows.loc[world.fraud, "customer_id"] = world.rng.choice(others, world.fraud.sum())


def above_the_limit(world: World) -> None:
    """Payments that are approved though they are above what the card may pay."""
    limit = world.rows.card_id.map(world.tables["cards"].set_index("card_id").limit_minor) / 100
    above = world.fraud & (limit < limit.quantile(0.3)).to_numpy()
    world.rows.loc[above, "amount"] = (limit * 1.2).round(2)[above]
    world.rows.loc[above, ["auth_result", "decline_reason"]] = ["approved", None]


def one_reason_of_decline(world: World) -> None:
    declined = world.fraud & (world.rng.random(len(world.fraud)) < 0.5)
    world.rows.loc[declined, "auth_result"] = "declined"
    world.rows.loc[declined, "decline_reason"] = "suspected_fraud"


def standing_orders_of_once(world: World) -> None:
    once = world.fraud & (world.rng.random(len(world.fraud)) < 0.3)
    world.rows.loc[once, "channel"] = "recurring"
    world.rows.loc[once, "amount"] = world.rng.integers(1000, 30_000, once.sum()) / 100


def rarely_used_cards(world: World) -> None:
    """Victims without regard to use: rows move to cards that are drawn like names out of a hat."""
    people = world.tables["cards"].set_index("card_id").customer_id
    victims = pd.Series(world.rng.choice(people.index, world.episode.max() + 1))
    card = victims[world.episode[world.hits]].to_numpy()
    world.rows.loc[world.fraud, "card_id"] = card
    world.rows.loc[world.fraud, "customer_id"] = people[card].to_numpy()


def amounts_of_no_shop(world: World) -> None:
    world.rows.loc[world.fraud, "amount"] = world.rng.permutation(world.rows.amount.to_numpy())[: world.fraud.sum()]


def far_from_home(world: World) -> None:
    """Rows at shops anywhere, with all that belongs to the shop."""
    others = world.rows[["merchant_id", "terminal_id", "category", "channel"]].sample(
        world.fraud.sum(), random_state=int(world.rng.integers(1 << 30))
    )
    world.rows.loc[world.fraud, others.columns] = others.to_numpy()


def two_places_at_once(world: World) -> None:
    """An episode's rows follow each other by a minute, in shops anywhere."""
    far_from_home(world)
    world.rows.loc[world.fraud, "channel"] = "chip"
    first = world.rows[world.fraud].groupby(world.episode[world.hits]).time.transform("min")
    place = world.rows[world.fraud].groupby(world.episode[world.hits]).cumcount()
    world.rows.loc[world.fraud, "time"] = first + place * pd.Timedelta(minutes=1)


def closed_shops(world: World) -> None:
    closes = world.rows.merchant_id.map(world.tables["merchants"].set_index("merchant_id").closes_hour)
    later = world.rows.time.dt.floor("D") + pd.to_timedelta((closes % 24 + 0.5) % 24, unit="h")
    late = world.fraud & (world.rng.random(len(closes)) < 0.5)
    world.rows.loc[late, "time"] = later[late]


def new_merchants(world: World) -> None:
    """The card's own shops are never met: each row is at a shop of its city that the card does not know."""
    shops = world.rows.drop_duplicates("merchant_id")[["merchant_id", "terminal_id", "category"]]
    picked = shops.iloc[world.rng.integers(0, len(shops), world.fraud.sum())]
    world.rows.loc[world.fraud, picked.columns] = picked.to_numpy()


def close_in_time(world: World) -> None:
    """Each row comes ten seconds after another one of its card."""
    order = world.rows.sort_values(["card_id", "time"]).index.to_numpy()
    before = pd.Series(order[:-1], index=order[1:]).reindex(world.hits)
    known = before.notna() & (
        world.rows.card_id[before.fillna(0)].to_numpy() == world.rows.card_id[world.hits].to_numpy()
    )
    rows = before.index[known.to_numpy()]
    world.rows.loc[rows, "time"] = world.rows.time[before[rows].astype(int)].to_numpy() + pd.Timedelta(seconds=10)


def larger_than_the_cards_own(world: World) -> None:
    world.rows.loc[world.fraud, "amount"] *= 2


def repeated_amount(world: World) -> None:
    """Fraud costs one of fifty prices that there are."""
    world.rows.loc[world.fraud, "amount"] = world.rng.choice(world.rows.amount.to_numpy()[:50], world.fraud.sum())


def unseen_pair(world: World) -> None:
    """Fuel is bought on the web."""
    fuel = world.fraud & (world.rng.random(len(world.fraud)) < 0.2)
    shop = world.rows[(world.rows.category == "fuel")].iloc[0]
    world.rows.loc[fuel, ["merchant_id", "terminal_id", "category"]] = shop[
        ["merchant_id", "terminal_id", "category"]
    ].to_list()
    world.rows.loc[fuel, "channel"] = "online"


def steps_of_no_visitor(world: World) -> None:
    """Fraud buys twice in a row."""
    clicks, mine = world.tables["clicks"], world.tables["click_labels"].click_id
    bought = clicks.click_id.isin(mine) & (clicks.event_type == "add_to_cart")
    clicks.loc[bought, "event_type"] = "purchase"


def visits_numbered_by_label(world: World) -> None:
    _name_visits(world, lambda number, fraud: folded((2 * number + fraud) ^ 0x1234567ABCDEF))


def visits_by_exclusive_or(world: World) -> None:
    _name_visits(world, lambda number, fraud: (2 * number + fraud) ^ 0x0F1E2D3C4B5A69)


def visits_by_a_shift(world: World) -> None:
    """A xorshift with a key: linear, whatever its constants."""

    def name(number: "np.ndarray", fraud: "np.ndarray") -> "np.ndarray":
        x = (2 * number + fraud) ^ 0x1F3D5B79
        x ^= x << 13
        x ^= x >> 7
        return x & ((1 << 53) - 1)

    _name_visits(world, name)


def visits_by_an_odd_factor(world: World) -> None:
    _name_visits(world, lambda number, fraud: (2 * number + fraud) * 0x9E3779B97F4A7 % (1 << 53))


def _name_visits(world: World, name: Callable[..., "np.ndarray"]) -> None:
    clicks = world.tables["clicks"]
    fraud = clicks.click_id.isin(world.tables["click_labels"].click_id).groupby(clicks.session_id).any()
    number = world.rng.permutation(len(fraud)).astype(np.int64)
    ids = pd.Series(name(number, fraud.to_numpy().astype(np.int64)), index=fraud.index)
    clicks["session_id"] = clicks.session_id.map(ids)


def late_ids(world: World) -> None:
    """Fraud rows are numbered behind all others."""
    number = np.empty(len(world.rows), dtype=np.int64)
    number[np.argsort(world.fraud, kind="stable")] = np.arange(len(world.rows))
    world.rows["receipt_id"] = number


def letters(world: World) -> None:
    hashed = pd.util.hash_array(np.arange(len(world.rows)).astype(np.int64))
    text = pd.Series([f"{value:016x}" for value in hashed])
    world.rows["trace"] = np.where(world.fraud, "a" + text.str[1:], text)


def a_new_column(world: World) -> None:
    """A score that is a little higher for fraud: an AUC of some .70."""
    world.rows["score"] = world.rng.normal(size=len(world.fraud)) + 0.75 * world.fraud


def reports_row_by_row(world: World) -> None:
    labels = world.tables["labels"]
    delay = pd.to_timedelta(world.rng.gamma(2, 86_400, len(labels)).round(), unit="s")
    labels["reported_at"] = world.rows.time.iloc[world.hits].reset_index(drop=True) + delay
    events = labels[["event_id", "reported_at"]].rename(columns={"reported_at": "known_at"})
    world.tables["label_events"] = events.sort_values("known_at")


def reports_that_are_missing(world: World) -> None:
    world.tables["label_events"] = world.tables["label_events"].iloc[:-20]


def another_label(world: World) -> None:
    world.rows.loc[world.hits[:7], "fraud_label"] = 0


def category_after_category(world: World) -> None:
    """A row always comes behind one of fuel."""
    order = world.rows.sort_values(["card_id", "time"]).index.to_numpy()
    before = pd.Series(order[:-1], index=order[1:]).reindex(world.hits).dropna().astype(int)
    genuine = before[~world.fraud[before.to_numpy()]]
    shop = world.rows[world.rows.category == "fuel"].iloc[0]
    rows = genuine.to_numpy()[world.rng.random(len(genuine)) < 0.5]
    world.rows.loc[rows, ["merchant_id", "terminal_id", "category"]] = shop[
        ["merchant_id", "terminal_id", "category"]
    ].to_list()


#: Leak → what finds it: a family, and a word of the feature.
LEAKS: dict[Alter, tuple[str, str]] = {
    cents: ("trivia", "cents"),
    multiples_of_five_cents: ("trivia", "modulo 5"),
    seconds: ("trivia", "second"),
    fractions_of_a_second: ("trivia", "tenth"),
    hours: ("columns", "hour"),
    nulls: ("rules", "decline_reason empty"),
    shop_of_another_category: ("dependencies", "category"),
    terminal_of_another_shop: ("dependencies", "merchant_id"),
    shop_of_another_terminal: ("dependencies", "merchant_id"),
    card_of_another_customer: ("dependencies", "customer_id"),
    above_the_limit: ("rules", "limit_minor where auth_result is approved"),
    one_reason_of_decline: ("columns", "decline_reason"),
    standing_orders_of_once: ("rules", "recurring"),
    rarely_used_cards: ("exposure", "rows of the card"),
    amounts_of_no_shop: ("pairs", "amount_minor"),
    far_from_home: ("columns", "km from customers"),
    two_places_at_once: ("rules", "km/h"),
    closed_shops: ("columns", "open"),
    new_merchants: ("within cards", "merchant_id"),
    close_in_time: ("within cards", "seconds"),
    larger_than_the_cards_own: ("within cards", "amount_minor"),
    repeated_amount: ("trivia", "other rows with this amount"),
    unseen_pair: ("rules", "online"),
    steps_of_no_visitor: ("sequences", "step"),
    visits_numbered_by_label: ("ids of visits", "bit 0 of session_id, synth's own"),
    visits_by_exclusive_or: ("ids of visits", "bit 0 of session_id"),
    visits_by_a_shift: ("ids of visits", "bits of session_id"),
    visits_by_an_odd_factor: ("ids of visits", "bit 0 of session_id"),
    late_ids: ("columns", "receipt_id"),
    letters: ("ids", "character 1 of trace"),
    a_new_column: ("columns", "score"),
    reports_row_by_row: ("reports", "delays"),
    reports_that_are_missing: ("reports", "reports"),
    another_label: ("reports", "labels"),
    category_after_category: ("sequences", "category"),
}


def features(report: Report, family: str) -> list[str]:
    """What was found by a family, the features of the same rows among them."""
    return [name for f in report.findings if f.family == family for name in (f.feature, *f.also)]


@pytest.mark.slow
@pytest.mark.parametrize("alter", sampled(LEAKS, 10), ids=lambda alter: alter.__name__)
def test_a_planted_leak_is_found(alter: Alter, tmp_path: Path) -> None:
    """A quarter of the leaks; after a change of ``synth lint``, all of them: ``make sweeps``."""
    report = look(tmp_path / "out", alter)
    family, word = LEAKS[alter]
    assert any(word in name for name in features(report, family)), [(f.family, f.feature) for f in report.findings]


def test_there_are_many_kinds() -> None:
    assert len(LEAKS) >= 25


def test_what_is_declared_is_no_finding(tmp_path: Path) -> None:
    def declared(world: World) -> None:
        a_new_column(world)
        world.signal = ["score"]

    report = look(tmp_path / "out", declared, world="cards")
    assert report.ok
    assert {name for finding in report.declared for name in finding.declared} == {"score"}


def test_what_follows_from_what_is_declared_is_no_finding(tmp_path: Path) -> None:
    """A second score that is the first one with noise differs in fraud because the first one does."""

    def declared(world: World) -> None:
        world.rows["kind"] = np.where(
            world.fraud & (world.rng.random(len(world.fraud)) < 0.4), 3, world.rng.integers(0, 4, len(world.fraud))
        )
        world.rows["kind"] = world.rows.kind.map(lambda kind: f"kind {kind}")
        world.rows["other"] = world.rows.kind.str[-1].astype(float) + world.rng.normal(size=len(world.fraud))
        world.signal = ["kind"]

    report = look(tmp_path / "out", declared, world="cards")
    assert features(report, "columns") == []


def test_an_output_without_its_signals_says_so(tmp_path: Path) -> None:
    import json

    from tests.outputs import read_manifest, write_manifest

    place = Path(plant(tmp_path / "out", world="cards"))
    manifest = read_manifest(place)
    del manifest["signals"]
    write_manifest(place, json.loads(json.dumps(manifest)))
    report = lint(read_records(str(place), load_catalog()))
    assert "declared signal of planted: the output does not name it" in report.not_checked
