"""Ids say nothing of fraud, neither as they stand nor with all undone that can be undone without the run's keys.

For every preset with every scenario that fits it, the ids of fraud, one an episode, are held against those of genuine
rows: their bits, their residues, and both again behind the inverses of public permutations. With the keys, too, an id
says no more than its rows show.
"""

from collections.abc import Iterator
from math import isqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synth.arrays import Int64
from synth.config.recipe import load_recipe
from synth.contracts.sessions import ID_BITS, ShopIds
from synth.engine.prepare import prepare
from synth.rng import Permutation, Streams
from tests.folding import FACTORS, folded
from tests.presets import PRESETS, small, world
from tests.worlds import tables_of

#: Columns that name what a row belongs to. Ids of people, shops and terminals are their places in tables.
NAMES = ("session_id", "device_id", "click_id", "event_id", "tid")

#: Standard deviations of a difference that no chance makes among some 10,000 numbers: below 10^-9 each.
FAR = 6.2

#: Of fewer episodes a share is no matter of standard deviations.
FEWEST = 50

#: More genuine ids say nothing new.
MANY = 20_000


def unfolded(number: Int64) -> Int64:
    """What earlier releases permuted: undoes three rounds of multiplying and folding in 53 bits; a salt stays on it."""
    mask, z = (1 << ID_BITS) - 1, number.astype(np.uint64)
    for factor in reversed(FACTORS):
        z ^= z >> np.uint64(ID_BITS // 2 + 1)
        with np.errstate(over="ignore"):
            z = z * np.uint64(pow(factor, -1, 1 << ID_BITS)) & np.uint64(mask)
    return z.astype(np.int64)


def looks(number: Int64) -> Iterator[tuple[str, Int64]]:
    """(n,) small codes of ids: all bits and some residues, as they stand and undone."""
    undone = {"as it stands": number, "unfolded": unfolded(number)}
    for factor in FACTORS:
        inverse = np.uint64(pow(factor, -1, 1 << ID_BITS))
        with np.errstate(over="ignore"):
            product = number.astype(np.uint64) * inverse & np.uint64((1 << ID_BITS) - 1)
        undone[f"divided by {factor:#x}"] = product.astype(np.int64)
    for how, values in undone.items():
        for bit in range(ID_BITS):
            yield f"{how}, bit {bit}", values >> bit & 1
        yield f"{how}, parity of all bits", np.bitwise_count(values).astype(np.int64) & 1
        for modulus in (3, 5, 7, 10):
            yield f"{how}, modulo {modulus}", values % modulus


def worst(fraud: Int64, genuine: Int64) -> tuple[float, str]:
    """The largest difference of shares in standard deviations, and what it is of."""
    found, (f_n, g_n) = [(0.0, "nothing")], (len(fraud), len(genuine))
    for (told, code_f), (_, code_g) in zip(looks(fraud), looks(genuine), strict=True):
        codes = 1 + int(max(code_f.max(), code_g.max()))
        f_v, g_v = (np.bincount(code_n, minlength=codes) for code_n in (code_f, code_g))
        p_v = (f_v + g_v) / (f_n + g_n)
        spread_v = np.sqrt(p_v * (1 - p_v) * (1 / f_n + 1 / g_n))
        # rare values have long tails: half a row on each side is no difference
        shift_v = np.abs(f_v / f_n - g_v / g_n) - 0.5 / f_n - 0.5 / g_n
        far_v = np.divide(shift_v, spread_v, out=np.zeros(codes), where=spread_v > 0)
        value = int(far_v.argmax())
        found.append((far_v[value], f"{told} is {value}: {f_v[value] / f_n:.3f} against {g_v[value] / g_n:.3f}"))
    return max(found)


def numbers(values: "pd.Series[Any]") -> Int64:
    """Ids as whole numbers below 2^53; the first digits of a hash."""
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy(dtype=np.int64)
    return np.array([int(text[:13], 16) for text in values.astype(str)], dtype=np.int64)


def told_apart(tables: dict[str, pd.DataFrame]) -> Iterator[tuple[str, str, Int64, Int64]]:
    """Table and column of ids, those of each scenario, one an episode, and those of genuine rows, each once."""
    for table, labels, key in (("transactions", "labels", "event_id"), ("clicks", "click_labels", "click_id")):
        if table not in tables:
            continue
        truth = tables[labels].drop(columns=["tid"], errors="ignore").astype({"scenario": str, "role": str})
        rows = tables[table].drop(columns=[c for c in truth if c != key], errors="ignore")
        joined = rows.merge(truth, on=key, how="left")
        for column in (name for name in NAMES if name in rows):
            if column in ("click_id", "event_id") and column != key:
                continue
            if column == "device_id" and table == "clicks":
                # A pattern declares that its device is new: its number is counted behind the customers' own.
                joined = joined.assign(device_id=joined.device_id - len(tables["devices"]))
                joined = joined[joined.device_id >= 0]
            genuine = numbers(joined.loc[joined.scenario.isna(), column].drop_duplicates().iloc[:MANY])
            if not len(genuine):
                continue  # where nobody buys on the web, there are no honest visits
            for scenario, mine in joined.dropna(subset="scenario").groupby("scenario"):
                lot = mine.sample(frac=1, random_state=1).drop_duplicates("episode_id")
                yield f"{table}.{column}", str(scenario), numbers(lot[column].drop_duplicates()), genuine


@pytest.mark.parametrize("preset", PRESETS)
def test_ids_tell_nothing(preset: str) -> None:
    names, tables = world(preset)
    seen = set()
    for column, scenario, fraud, genuine in told_apart(tables):
        seen.add(scenario)
        if len(fraud) < FEWEST:
            continue
        if column.endswith(("click_id", "event_id")):
            # positions rise with time: only their last digits could say something else
            fraud, genuine = fraud % 1024, genuine % 1024
        far, told = worst(fraud, genuine)
        assert far < FAR, (preset, column, scenario, told, len(fraud))
    assert seen == set(names), "every scenario that fits has fraud"


@pytest.mark.parametrize("undone", [False, True])
def test_a_label_below_a_public_permutation_is_found(undone: bool) -> None:
    """The looks have an eye for what they look for: 2n + fraud, plain or in an earlier release's disguise."""
    fraud, genuine = 2 * np.arange(60) + 1, 2 * np.arange(20_000)
    if undone:
        fraud, genuine = (folded(each ^ 0x5A5A5A5A5A5A) for each in (fraud, genuine))
    far, told = worst(fraud, genuine)
    assert far > 3 * FAR
    assert ("unfolded" in told) is undone


@pytest.mark.parametrize("preset", PRESETS)
def test_no_two_sessions_share_an_id(preset: str) -> None:
    _, tables = world(preset)
    for table, labels, key in (("clicks", "click_labels", "click_id"), ("transactions", "labels", "event_id")):
        if table not in tables or "session_id" not in tables[table]:
            continue
        rows, truth = tables[table], tables[labels]
        sessions = rows.groupby("session_id")
        assert (sessions.customer_id.nunique() == 1).all()
        if table == "transactions":
            truth = truth[truth.amount_before_minor.isna()]  # a claimed row stays in its session
        mine = rows[key].isin(truth[key])
        assert not set(rows.session_id[mine]) & set(rows.session_id[~mine])
        if table == "clicks":
            assert sessions.event_id.count().max() == 1
            assert (sessions.time.max() - sessions.time.min()).max() < pd.Timedelta("2D")


def undo(permutation: Permutation, number: Int64) -> Int64:
    """The inverse of a permutation with its keys at hand: the rounds backwards, in Python's whole numbers."""
    a = isqrt(permutation.below - 1) + 1
    moduli = a, -(-permutation.below // a)
    mask = (1 << 64) - 1
    undone = []
    for start in number.tolist():
        value = start
        while True:
            right, left = divmod(value, a)
            for place in reversed(range(len(permutation.keys))):
                first, last = permutation.keys[place]
                z = left + first & mask
                z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & mask
                z = (z ^ z >> 27) * 0x94D049BB133111EB + last & mask
                left, right = (right - ((z ^ z >> 31) >> 32)) % moduli[place % 2], left
            value = right * a + left
            if value < permutation.below:
                break
        undone.append(value)
    return np.array(undone, dtype=np.int64)


@pytest.mark.parametrize("below", [2, 97, 10_000, 1 << ID_BITS, 3 << 58])
def test_a_permutation_is_undone_by_its_keys_alone(below: int) -> None:
    permutation, other = (Permutation.draw(below, rng=Streams(1, "ids").draw(name)) for name in ("one", "other"))
    numbers_n = np.unique(Streams(2, "ids").draw("numbers").integers(below, size=500))
    np.testing.assert_array_equal(undo(permutation, permutation(numbers_n)), numbers_n)
    if below > 97:
        assert (undo(other, permutation(numbers_n)) != numbers_n).mean() > 0.99


def test_with_the_keys_a_session_is_its_second_and_card() -> None:
    """Fraud and genuine alike: under the id stand the purchase that the row shows, and a slot without a say."""
    _, tables = world("account_takeover")
    recipe = load_recipe([*small("account_takeover")])[0]
    ids = ShopIds.of(recipe.run.seed, recipe.timeline, recipe.population.cards)
    bought = tables["clicks"].dropna(subset="event_id").astype({"event_id": np.int64})
    rows = bought.merge(tables["transactions"][["event_id", "card_id", "fraud_label"]], on="event_id")
    rows = pd.concat([rows[rows.fraud_label == 1].head(400), rows[rows.fraud_label == 0].head(400)])
    place, slot = np.divmod(undo(ids.sessions, rows.session_id.to_numpy()), ids.session_slots)
    second, card = np.divmod(place, ids.cards)
    assert (second + ids.first_s == rows.time.astype("int64") // 10**6).all()
    assert (card == rows.card_id).all()
    fraud = (rows.fraud_label == 1).to_numpy()
    low, high = (slot[mine] < ids.session_slots // 2 for mine in (fraud, ~fraud))
    # a fair coin each: five standard deviations of 400 throws
    assert abs(low.mean() - high.mean()) < 5 * np.sqrt(0.5 / 400)


def test_ids_do_not_depend_on_the_size_of_blocks() -> None:
    """Purchases of a pattern are planned once: their sessions and devices have the same ids in blocks of any size."""
    words = [*small("account_takeover"), "scenario.account_takeover.ratio=0.04"]
    found = []
    for block_rows in (9_000, 4_000):
        tables = tables_of(prepare(load_recipe([*words, f"block_rows={block_rows}"])[0]))
        clicks = tables["clicks"].merge(tables["click_labels"].drop(columns="role"), on="click_id")
        bought = clicks.dropna(subset="event_id").sort_values(["time", "customer_id"])
        found.append(bought[["time", "customer_id", "session_id"]].reset_index(drop=True))
        found.append(bought.drop_duplicates("episode_id")[["episode_id", "device_id"]].reset_index(drop=True))
    pd.testing.assert_frame_equal(found[0], found[2])
    pd.testing.assert_frame_equal(found[1], found[3])
    assert len(found[0]) > 300
