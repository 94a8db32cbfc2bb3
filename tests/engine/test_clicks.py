"""Clicks behind online purchases: whole, honest where nobody cheats, and the same for everybody who makes them."""

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import synth
from synth.check.verify import Report, verify
from synth.config.catalog import Catalog, load_catalog
from synth.config.compose import Composed
from synth.config.recipe import Recipe, build_recipe, load_recipe
from synth.engine.prepare import prepare
from synth.errors import ConfigError
from tests.outputs import table_file
from tests.worlds import digest_of, tables_of

TINY = ("experiment=tiny", "timeline.end=2022-01-15", "block_rows=300")
FRAUD = ("scenario=[account_takeover,card_chain]", "scenario.account_takeover.ratio=0.08")
BOTH = (*TINY, *FRAUD, "clicks=shop", "scenario.card_chain.ratio=0.05")
TRUTH = ["event_id", "fraud_label", "scenario", "episode_id", "role"]


@cache
def composed() -> tuple[Catalog, Composed]:
    _, catalog, found = load_recipe(BOTH)
    return catalog, found


def recipe(**changes: Any) -> Recipe:
    """The tiny world with two scenarios and clicks, with some of its values exchanged."""
    catalog, found = composed()
    config = copy.deepcopy(found.config)
    for path, value in changes.items():
        part = config
        *above, last = path.split("__")
        for key in above:
            part = part[key]
        part[last] = value
    return build_recipe(replace(found, config=config), catalog)


def made(some: Recipe) -> dict[str, pd.DataFrame]:
    return tables_of(prepare(some))


def require_whole(found: Mapping[str, pd.DataFrame]) -> None:
    """Every promise that a reader of both tables relies on."""
    rows, clicks = found["transactions"], found["clicks"]
    assert clicks.click_id.is_unique
    assert clicks.click_id.is_monotonic_increasing
    assert clicks.time.is_monotonic_increasing
    assert clicks.session_id.nunique() > 0
    buys = clicks[clicks.event_type == "purchase"]
    assert clicks.event_id.notna().equals(clicks.event_type == "purchase")
    online = rows[rows.channel == "online"]
    assert sorted(buys.event_id) == sorted(online.event_id)
    both = buys.merge(online, on="event_id", suffixes=("", "_paid"))
    for column in ("time", "customer_id", "merchant_id"):
        assert (both[column] == both[f"{column}_paid"]).all(), column
    sessions = clicks.groupby("session_id", sort=False)
    for column in ("customer_id", "merchant_id", "device_id"):
        assert (sessions[column].nunique() == 1).all(), column
    assert sessions.event_id.count().max() == 1
    assert (clicks[clicks.session_id.isin(buys.session_id)].groupby("session_id").event_type.last() == "purchase").all()
    asked = clicks[clicks.event_type.isin(["login", "login_failed"])]
    opening = sessions.event_type.first().loc[asked.session_id.unique()]
    assert opening.isin(["login", "login_failed"]).all()
    labelled = found["click_labels"].merge(clicks, on="click_id")
    bought = labelled[labelled.event_type == "purchase"].merge(found["labels"], on="event_id", suffixes=("", "_row"))
    assert len(bought) == rows[(rows.channel == "online") & (rows.fraud_label == 1)].shape[0]
    for column in ("scenario", "episode_id", "role"):
        assert (bought[column] == bought[f"{column}_row"]).all(), column
    assert set(labelled.session_id) == set(bought.session_id)
    assert len(labelled) == clicks.session_id.isin(bought.session_id).sum()


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 2**63 - 1),
    rows=st.integers(60, 900),
    browsing=st.floats(0, 8),
    another=st.floats(0, 0.9),
    new=st.floats(0, 1),
    fails=st.floats(0, 0.9),
    modes=st.tuples(st.sampled_from(["add", "replace"]), st.sampled_from(["add", "replace"])),
)
def test_any_small_world_is_whole(
    seed: int, rows: int, browsing: float, another: float, new: float, fails: float, modes: tuple[str, str]
) -> None:
    world = recipe(
        seed=seed,
        block_rows=rows,
        clicks__shop__browsing=browsing,
        clicks__shop__looks__another=another,
        clicks__shop__devices__new=new,
        clicks__shop__account__fails=fails,
        scenario__account_takeover__mode=modes[0],
        scenario__card_chain__mode=modes[1],
    )
    require_whole(made(world))


def honest(found: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The clicks without labels, with what moves when fraud comes in between left out: positions."""
    clicks = found["clicks"]
    kept = clicks[~clicks.click_id.isin(found["click_labels"].click_id)]
    return kept.drop(columns=["click_id", "event_id"]).reset_index(drop=True)


def test_the_control_world_is_untouched() -> None:
    """Mode add: the honest clicks are those of a run without fraud, in blocks with fraud, too."""
    fraud, control = made(recipe()), made(recipe(scenario={}))
    assert len(fraud["click_labels"]) > 100
    pd.testing.assert_frame_equal(honest(fraud), honest(control))


def test_replaced_rows_take_their_clicks_with_them() -> None:
    """Mode replace: the honest clicks are a subset of those of a run without fraud, by whole sessions."""
    modes = {"scenario__account_takeover__mode": "replace", "scenario__card_chain__mode": "replace"}
    fraud, control = honest(made(recipe(**modes))), honest(made(recipe(scenario={})))
    assert 0 < len(fraud) < len(control)
    kept = control[control.session_id.isin(fraud.session_id)].reset_index(drop=True)
    pd.testing.assert_frame_equal(fraud, kept)


def test_clicks_change_no_other_table() -> None:
    one, other = made(recipe()), made(recipe(clicks={"shop": None}))
    assert set(one) - set(other) == {"clicks", "click_labels"}
    for name, frame in other.items():
        pd.testing.assert_frame_equal(frame, one[name])


def test_claimed_rows_keep_their_clicks_and_get_labels() -> None:
    claiming = {"kind": "amount_threshold", "above": 60, "share": 1.0, "order": 1}
    claimed, control = made(recipe(scenario={"amount_threshold": claiming})), made(recipe(scenario={}))
    assert 0 < len(claimed["click_labels"]) < len(claimed["clicks"])
    pd.testing.assert_frame_equal(claimed["clicks"], control["clicks"])
    require_whole(claimed)


def test_any_order_of_blocks_gives_the_same_bytes() -> None:
    prepared = prepare(recipe())
    blocks = len(prepared.plan.rows_b)
    assert blocks > 3
    assert digest_of(prepared) == digest_of(prepare(recipe()), reversed(range(blocks)))


def test_sessions_stay_in_their_block() -> None:
    prepared = prepare(recipe())
    edges = prepared.plan.blocks.edge_s_b
    for index in range(len(edges) - 1):
        times = prepared.make_block(index).batches["clicks"].native.column("time").cast("int64").to_numpy() // 1_000_000
        assert edges[index] <= times.min()
        assert times.max() < edges[index + 1]


@pytest.fixture(scope="module")
def visits() -> dict[str, pd.DataFrame]:
    """Some ten thousand honest sessions."""
    words = ("population=retail_us", "population.customers.number=2000", "population.cards=2400", "generator=spending")
    return made(load_recipe([*words, "columns=payments", "clicks=shop", "timeline.end=2022-01-15"])[0])


def test_sessions_are_as_the_recipe_says(visits: dict[str, pd.DataFrame]) -> None:
    require_whole({**visits})
    clicks = visits["clicks"]
    kinds = clicks.groupby("session_id").event_type
    sessions, bought = kinds.ngroups, int((clicks.event_type == "purchase").sum())
    assert bought > 2000
    assert sessions == bought + round_per_block(visits)
    login, failed, changed = ((clicks.event_type == kind).sum() for kind in ("login", "login_failed", "profile_change"))
    shares = {
        "login": (login / sessions, 0.3, sessions),
        "login_failed": (failed / (login + failed), 0.1, login + failed),
        "profile_change": (changed / login, 0.01, login),
    }
    for name, (share, wanted, among) in shares.items():
        assert abs(share - wanted) < 6 * np.sqrt(wanted * (1 - wanted) / among), name
    # 3.33 products of a geometric law, cut at a hundred
    pages = (clicks.event_type == "page_view").sum() / sessions
    assert abs(pages - 1 / 0.3) < 6 * np.sqrt(0.7 / 0.09 / sessions)


def round_per_block(found: Mapping[str, pd.DataFrame]) -> int:
    """Browsing sessions: four for each purchase."""
    return 4 * int((found["transactions"].channel == "online").sum())


def test_customers_come_with_their_devices_or_new_ones(visits: dict[str, pd.DataFrame]) -> None:
    clicks = visits["clicks"].drop_duplicates("session_id")
    known = clicks.device_id < 100_000
    # a new device stays for a week: of 2,000 customers in two weeks, some 120 spans, 6 sqrt(120) / 6,000
    assert abs((~known).mean() - 0.02) < 6 * np.sqrt(120) / 6000
    assert (clicks[known].groupby("device_id").customer_id.nunique() == 1).all()
    assert (clicks[~known].groupby("device_id").customer_id.nunique() == 1).all()
    assert (clicks[~known].groupby("device_id").size() > 1).any()
    assert clicks.session_id.is_unique


@pytest.mark.parametrize("sink", ["csv", "jsonl", "parquet"])
def test_every_sink_writes_what_verify_reads(tmp_path: Path, sink: str) -> None:
    result = synth.run(*BOTH, f"sink=[{sink}]", f"sink.{sink}.uri={tmp_path}/{sink}")
    report = verify(f"{tmp_path}/{sink}", catalog=load_catalog())
    assert report.ok, report.failed
    assert {"purchases", "clicks", "click labels"} <= {check.name for check in report.checks if check.ok}
    other = synth.run(*BOTH, "runner.workers=1", f"sink.parquet.uri={tmp_path}/other")
    assert result.digest == other.digest
    assert len(result.to_pandas("clicks")) == len(other.to_pandas("clicks"))


def test_an_independent_reader_joins_the_tables(tmp_path: Path) -> None:
    synth.run(*BOTH, f"sink.parquet.uri={tmp_path}")
    query = f"""
        SELECT count(*), count(DISTINCT l.episode_id), count(DISTINCT c.episode_id)
        FROM '{tmp_path}/click_labels/*.parquet' c JOIN '{tmp_path}/labels/*.parquet' l USING (episode_id)
        WHERE l.scenario = 'account_takeover' AND c.role = 'login'"""
    count, episodes, same = duckdb.connect().execute(query).fetchone() or (0, 0, 0)
    assert count > 0
    assert episodes == same


def tampered(path: Path, table: str, edit: Callable[[pd.DataFrame], pd.DataFrame | None]) -> Report:
    file = table_file(path, table)
    frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    changed = edit(frame)
    frame = frame if changed is None else changed
    frame.to_csv(file, index=False, lineterminator="\n")
    return verify(str(path), catalog=load_catalog())


def first(frame: pd.DataFrame, kind: str) -> Any:
    return frame.index[frame.event_type == kind][0]


def _move(frame: pd.DataFrame) -> None:
    frame.loc[first(frame, "purchase"), "event_id"] = str(10**6)


def _swap_customer(frame: pd.DataFrame) -> None:
    frame.loc[first(frame, "purchase"), "customer_id"] = "99"


def _drop(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(index=first(frame, "purchase"))


def _disorder(frame: pd.DataFrame) -> None:
    frame.loc[5, "time"] = "2022-01-14T23:59:59Z"


def _share(frame: pd.DataFrame) -> None:
    frame.loc[first(frame, "page_view"), "device_id"] = "3"


def _skip_a_step(frame: pd.DataFrame) -> None:
    frame.loc[first(frame, "click"), "event_type"] = "login_failed"


def _name_a_view(frame: pd.DataFrame) -> None:
    frame.loc[first(frame, "page_view"), "event_id"] = "0"


@pytest.mark.parametrize(
    ("table", "edit", "check", "told"),
    [
        ("clicks", _move, "purchases", "has no purchase"),
        ("clicks", _swap_customer, "purchases", "another customer"),
        ("clicks", _drop, "purchases", "has no purchase"),
        ("clicks", _disorder, "clicks", "has a time before"),
        ("clicks", _name_a_view, "clicks", "names no transaction, or another click does"),
        ("clicks", _skip_a_step, "clicks", "is a step that nobody makes: login_failed follows page_view"),
        ("clicks", _share, "clicks", "has another device_id than its session"),
        ("click_labels", lambda f: f.drop(index=0), "clicks", "has no label, but its session has"),
        ("click_labels", lambda f: f.assign(episode_id="0"), "click labels", "has another episode_id"),
        ("click_labels", lambda f: f.assign(role="browse"), "click labels", "has another role"),
    ],
)
def test_verify_finds_what_is_tampered_with(
    tmp_path: Path, table: str, edit: Callable[[pd.DataFrame], pd.DataFrame | None], check: str, told: str
) -> None:
    synth.run(*BOTH, "sink=csv", f"sink.csv.uri={tmp_path}")
    failed = {found.name: found.detail for found in tampered(tmp_path, table, edit).failed}
    assert told in failed.get(check, ""), json.dumps(failed, indent=1)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("generator=uniform",), "clicks need to know who buys where, and the generator has no customer_id"),
        (("generator=clickstream",), "the generator has no merchant_id, channel"),
        (("generator=spending", "population=retail_us", "clicks.shop.browsing=-1"), "browsing"),
        (("generator=spending", "population=retail_us", "clicks.shop.looks.another=1"), "another"),
    ],
)
def test_what_does_not_fit_is_told(words: tuple[str, ...], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load_recipe(["clicks=shop", *words])
