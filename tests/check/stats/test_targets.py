"""What stands in the report for the recipe is what the recipe says, and what the generator does with it."""

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from synth.check.stats import measure
from synth.check.stats.targets import read_targets
from synth.config.recipe import load_recipe
from synth.contracts.expectations import Expectations, hours_of
from synth.timeline import Timeline, TimelineConfig
from tests.check.stats.outputs import CATALOG, CHAINS, DAY, days_fit, fits, make, read, report


def timeline(start: str, end: str) -> Timeline:
    return Timeline.parse(TimelineConfig(start=start, end=end))


@pytest.fixture(scope="module")
def uniform(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return report(tmp_path_factory.mktemp("uniform") / "out", *CHAINS)


@pytest.mark.parametrize("name", ["hours", "weekdays", "months"])
def test_rhythm(name: str, uniform: dict[str, Any]) -> None:
    figures = [figure.get("share", figure) for figure in uniform["time"][name]]
    fits(figures, uniform["amounts"]["genuine"]["count"])


def test_days(uniform: dict[str, Any]) -> None:
    days_fit(uniform)


def test_counts(uniform: dict[str, Any]) -> None:
    assert uniform["rows"] == {"found": 6_000, "recipe": 6_000}
    assert uniform["fraud"]["scenarios"]["card_chain"]["rows"] == {"found": 120, "recipe": 120}
    mean = uniform["cards"]["rows_per_day"]["mean"]
    assert (
        mean["recipe"]
        == pytest.approx(mean["found"])
        == pytest.approx(5_880 / 300 / uniform["window"]["seconds"] * 86_400)
    )
    assert uniform["fraud"]["scenarios"]["card_chain"]["episodes"]["recipe"] is None


def test_amounts_by_the_law(uniform: dict[str, Any]) -> None:
    law, found = uniform["amounts"]["recipe"], uniform["amounts"]["genuine"]
    # A quantile of 5,880 rows stays within five standard deviations of its level, sqrt(q (1 - q) / n).
    assert found["p25"] == pytest.approx(law["p25"], rel=0.2)
    assert (law["p50"], law["p95"]) == pytest.approx((74.3, 5_500), rel=0.02)
    assert law["mean"] == pytest.approx(0.05 * 0.5 + 0.075 * 5.5 + 0.525 * 55 + 0.25 * 550 + 0.1 * 5_500, rel=0.01)


@pytest.mark.parametrize(
    ("total", "wanted"),
    [
        ("ratio=0.013", {"rows": 78, "episodes": None}),
        ("per_1000_cards=25.5", {"rows": None, "episodes": 7}),
        ("episodes=9", {"rows": None, "episodes": 9}),
    ],
)
@pytest.mark.parametrize("mode", ["replace", "add"])
def test_totals_of_a_scenario(total: str, wanted: dict[str, int | None], mode: str, tmp_path: Path) -> None:
    none = dict.fromkeys(("ratio", "per_1000_cards", "episodes"), "null") | dict([total.split("=")])
    totals = (f"scenario.card_chain.{name}={value}" for name, value in none.items())
    data = report(tmp_path / "out", *CHAINS[:1], *CHAINS[2:], *totals, f"scenario.card_chain.mode={mode}")
    chain = data["fraud"]["scenarios"]["card_chain"]
    assert {name: chain[name]["recipe"] for name in wanted} == wanted
    assert all(chain[name]["found"] == value for name, value in wanted.items() if value is not None)
    assert data["rows"]["found"] == 6_000 + (chain["rows"]["found"] if mode == "add" else 0)
    told = mode == "replace" or wanted["rows"] is not None
    assert data["rows"]["recipe"] == (data["rows"]["found"] if told else None)


def test_a_window_that_begins_and_ends_within_hours() -> None:
    window = timeline("2022-03-04T22:30:00", "2022-03-05T02:15:00")
    assert hours_of(window).tolist() == [0.5, 1, 1, 1, 0.25]
    assert hours_of(timeline("2022-03-04T22:10:00", "2022-03-04T22:40:00")).tolist() == [0.5]


@pytest.mark.parametrize("key", ["weekday", "mix", "rate"])
def test_a_recipe_of_another_form_has_no_targets(key: str) -> None:
    recipe = load_recipe(["experiment=tiny"])[0].content
    segments = {
        name: {k: v for k, v in part.items() if k != key} for name, part in recipe["generator"]["segments"].items()
    }
    other = {**recipe} | {"generator": recipe["generator"] | {"segments": segments}}
    window, counts = timeline("2022-01-01", "2022-03-01"), {"transactions": 9, "scenarios": {"card_chain": {"rows": 3}}}
    targets = read_targets(other, counts, window, CATALOG)
    assert (targets.expected, targets.total) == (Expectations(), None)
    assert targets.entities["card_id"] == 130
    [line] = targets.untold
    told = "generator spending has another form than is known here: generator.segments"
    assert re.match(rf"{told}\.\w+\.{key} is missing: ", line)
    assert read_targets({}, counts, window, CATALOG).untold


def test_overlapping_buckets_are_no_buckets(tmp_path: Path) -> None:
    data = report(tmp_path / "out", *CHAINS, "amount=notebook_spans")
    assert data["amounts"]["buckets"] is None
    assert data["amounts"]["recipe"] is not None


def test_a_view_of_little(tmp_path: Path) -> None:
    data = report(tmp_path / "out", *CHAINS, DAY, sink="csv")
    assert [
        line for line in data["left_out"] if not line.startswith(("merchants", "loyalty", "web", "amounts_by"))
    ] == [
        "time: the view shows no time",
        "cards: the view shows no time",
    ]
    assert data["amounts"]["genuine"]["count"] == 5_880
    assert data["fraud"]["share_of_value"] > 0
    bare = report(tmp_path / "bare", *CHAINS, "columns.fields=[{name: event_id, source: event_id}]", sink="jsonl")
    assert "merchants: the view shows no merchant_id or terminal_id" in bare["left_out"]
    assert bare["fraud"]["value"] is bare["fraud"]["share_of_value"] is None
    assert bare["fraud"]["share_of_rows"] == pytest.approx(0.02)
    assert {*bare} & {"time", "amounts", "cards", "merchants"} == set()


def test_the_control_world(tmp_path: Path) -> None:
    data = report(tmp_path / "out", *CHAINS[2:])
    assert data["fraud"] == {
        "rows": 0,
        "share_of_rows": 0.0,
        "value": 0.0,
        "share_of_value": 0.0,
        "episodes": 0,
        "scenarios": {},
    }
    assert data["amounts"]["fraud"] is data["cards"]["gap_s"]["fraud"] is None


def test_claimed_rows_are_fraud_and_add_nothing(tmp_path: Path) -> None:
    people = ("population=handbook", "generator=handbook", "columns=spending", "generator.transactions=20000")
    scenarios = "scenario=[amount_threshold,card_chain]"
    options = ("scenario.card_chain.mode=add", "scenario.card_chain.ratio=0.01", "timeline.end=2022-02-01")
    data = report(tmp_path / "out", *people, scenarios, *options)
    assert data["rows"] == {"found": 20_200, "recipe": 20_200}
    claimed = data["fraud"]["scenarios"]["amount_threshold"]
    assert (claimed["rows"]["recipe"], claimed["episodes"]["recipe"]) == (None, None)
    assert claimed["rows"]["found"] > 0
    assert data["amounts"]["genuine"]["max"] <= 220
    assert data["cards"]["rows_per_day"]["mean"]["recipe"] is None
    assert data["fraud"]["rows"] == 200 + claimed["rows"]["found"]


def test_a_view_without_cards_and_merchants_has_customers_and_terminals(tmp_path: Path) -> None:
    names = ("event_id", "time", "customer_id", "terminal_id", "amount")
    view = ",".join(f"{{name: {name}, source: {name}}}" for name in names)
    people = ("population=handbook", "generator=handbook", "generator.transactions=20000", "timeline.end=2022-02-01")
    path = make(tmp_path / "out", (*people, f"columns.fields=[{view}]"), "parquet")
    data, rows = measure(str(path), catalog=CATALOG), read(path, "transactions", "parquet")
    late = rows.time >= rows.time.min().normalize() + pd.Timedelta(days=15.5)
    again = rows.duplicated(["customer_id", "terminal_id"])
    assert (data["cards"]["by"], data["merchants"]["by"], data["loyalty"]["shop"]) == (
        *("customer_id", "terminal_id", "terminal_id"),
    )
    assert data["cards"]["active"] == {"found": rows.customer_id.nunique(), "recipe": 5000}
    assert data["merchants"]["active"] == {"found": rows.terminal_id.nunique(), "recipe": 10_000}
    assert data["loyalty"]["repeat_share"] == {"found": pytest.approx(again[late].mean()), "recipe": None}
