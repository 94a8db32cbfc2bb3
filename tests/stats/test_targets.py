"""What stands in the report for the recipe is what the recipe says, and what the generator does with it."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synth.catalog import load_catalog
from synth.recipe import load_recipe
from synth.stats import measure
from synth.stats.habits import uniform_hours
from synth.stats.targets import read_targets
from synth.timeline import Timeline, TimelineConfig
from tests.chi_square import chi_square, far
from tests.stats.outputs import CHAINS, DAY, make, read

CATALOG = load_catalog()
PLUGIN = Path(__file__).parents[2] / "plugins/examples/card_testing.py"

#: Everybody of a segment buys as often: then the shares have the spread of counts, and no more.
EQUAL = (
    *(f"generator.segments.{name}.rate.sigma=0" for name in ("regular", "homebody", "commuter", "online_first")),
    *(f"generator.segments.{name}.rate.sigma=0" for name in ("night_owl", "traveller")),
)
#: With standing orders, travel, refusals and currencies.
STEADY = (
    *("population=retail_us", "generator=spending", "columns=spending", "population.customers.number=2000"),
    *("population.cards=2400", "generator.transactions=60000", "timeline.end=2022-03-01", *EQUAL),
)
OFF = tuple(f"generator.{part}=null" for part in ("standing", "travel", "authorisation", "currency"))
NEW_WAYS = "{day: '2022-02-02', rate: 1.6, online: 3, amount: 1.3, mix: {travel: 0.1, bar: 0, grocery: 2}}"
#: What must have the same laws: also from a day on, late in a month, and in a small world whose totals are not set.
ALIKE = {
    "on": STEADY,
    "off": (*STEADY, *OFF),
    "drift": (*STEADY, "timeline.start=2022-01-20T09:30:00", f"generator.drift={NEW_WAYS}"),
    "tiny": (
        *("population=tiny", "generator=spending", "columns=payments", "population.customers.number=800", *EQUAL),
        *("population.cards=900", "timeline.end=2022-02-10T17:00:00", "generator.standing.club.category=restaurant"),
        "generator.standing.video.category=web_shop",
        "generator.drift={day: '2022-01-25', rate: 0.5, online: 1, amount: 1, mix: {restaurant: 3}}",
    ),
}


def timeline(start: str, end: str) -> Timeline:
    return Timeline.parse(TimelineConfig(start=start, end=end))


def report(path: Path, *recipe: str, sink: str = "parquet") -> dict[str, Any]:
    return measure(str(make(path, recipe, sink)), catalog=CATALOG)


def fits(figures: list[dict[str, float]], rows: int) -> None:
    """Whether shares are those of counts by the recipe's law."""
    expected = {i: figure["recipe"] * rows for i, figure in enumerate(figures)}
    counts = Counter({i: round(figure["found"] * rows) for i, figure in enumerate(figures)})
    assert sum(expected.values()) == pytest.approx(rows)
    kept = {i: wanted for i, wanted in expected.items() if wanted}
    assert chi_square(Counter({i: counts[i] for i in kept}), kept) < far(len(kept))
    assert not any(counts[i] for i in expected if i not in kept)


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return report(tmp_path_factory.mktemp("steady") / "out", *STEADY)


@pytest.fixture(scope="module", params=ALIKE)
def alike(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return report(tmp_path_factory.mktemp("alike") / "out", *ALIKE[request.param])


@pytest.fixture(scope="module")
def uniform(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return report(tmp_path_factory.mktemp("uniform") / "out", *CHAINS)


@pytest.mark.parametrize("name", ["hours", "weekdays", "months"])
def test_rhythm(name: str, alike: dict[str, Any], uniform: dict[str, Any]) -> None:
    for data in (alike, uniform):
        figures = [figure.get("share", figure) for figure in data["time"][name]]
        fits(figures, data["amounts"]["genuine"]["count"])


def test_days(alike: dict[str, Any], uniform: dict[str, Any]) -> None:
    for data in (alike, uniform):
        days = data["time"]["days"]
        assert sum(day["recipe"] for day in days) == pytest.approx(data["rows"]["recipe"])
        counts = Counter({day["day"]: day["rows"] for day in days})
        assert chi_square(counts, {day["day"]: day["recipe"] for day in days}) < far(len(days))


def test_hours_of_each_weekday(alike: dict[str, Any]) -> None:
    matrix = alike["time"]["hours_by_weekday"]
    cells = zip(np.ravel(matrix["found"]), np.ravel(matrix["recipe"]), strict=True)
    fits([{"found": f, "recipe": r} for f, r in cells], alike["rows"]["found"])


@pytest.mark.parametrize("column", ["category", "channel"])
def test_shares(column: str, alike: dict[str, Any]) -> None:
    fits([value["genuine"] for value in alike["shares"][column].values()], alike["rows"]["found"])


def test_the_web_by_category(alike: dict[str, Any]) -> None:
    assert {*alike["web"]} <= {*alike["shares"]["category"]} - {"housing", "utilities", "telecom"}
    for name, figure in alike["web"].items():
        rows = alike["shares"]["category"][name]["rows"]
        spread = (figure["recipe"] * (1 - figure["recipe"]) / rows) ** 0.5
        assert abs(figure["found"] - figure["recipe"]) <= 5 * spread, name


def test_counts(steady: dict[str, Any], uniform: dict[str, Any]) -> None:
    assert steady["rows"] == {"found": 60_000, "recipe": 60_000}
    assert uniform["rows"] == {"found": 6_000, "recipe": 6_000}
    assert uniform["fraud"]["scenarios"]["card_chain"]["rows"] == {"found": 120, "recipe": 120}
    mean = uniform["cards"]["rows_per_day"]["mean"]
    assert (
        mean["recipe"]
        == pytest.approx(mean["found"])
        == pytest.approx(5_880 / 300 / uniform["window"]["seconds"] * 86_400)
    )
    assert uniform["fraud"]["scenarios"]["card_chain"]["episodes"]["recipe"] is None
    assert steady["loyalty"]["repeat_share"]["recipe"] == 0.65
    assert steady["amounts_by_category"]["bakery"]["recipe"] == {"p50": 7.5}
    assert steady["use_of_cards"]["contactless_of_card_present"]["recipe"] == pytest.approx(0.45)


def test_rows_of_people_whose_total_is_not_set(tmp_path: Path) -> None:
    data = report(tmp_path / "out", *ALIKE["tiny"])
    wanted, due = data["rows"]["recipe"], data["use_of_cards"]["recurring"]
    # Counts of purchases have their mean as variance; a customer's two or three payments of a kind come together.
    assert data["rows"]["found"] == pytest.approx(wanted, abs=5 * wanted**0.5)
    assert 0.01 < due["recipe"] == pytest.approx(due["found"], abs=5 * (3 * due["found"] / wanted) ** 0.5)


def test_targets_do_not_ask_what_the_view_shows(steady: dict[str, Any], tmp_path: Path) -> None:
    view = ",".join(f"{{name: {name}, source: {name}}}" for name in ("event_id", "time", "category"))
    data = report(tmp_path / "out", *STEADY, f"columns.fields=[{view}]")
    assert (data["time"], data["shares"]["category"]) == (steady["time"], steady["shares"]["category"])
    assert data["use_of_cards"] == {}


def test_categories_whose_median_no_number_tells(steady: dict[str, Any], tmp_path: Path) -> None:
    paid = {"digital", "housing", "leisure", "telecom", "utilities"}
    untold = {name for name, law in steady["amounts_by_category"].items() if law["recipe"] is None}
    assert untold == paid
    assert steady["untold"] == [f"standing orders have amounts of their own: no median of {', '.join(sorted(paid))}"]
    changed = report(tmp_path / "out", *ALIKE["drift"])
    assert {law["recipe"] for law in changed["amounts_by_category"].values()} == {None}
    assert changed["untold"] == ["drift changes amounts on 2022-02-02: no medians of categories"]


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
    expected = uniform_hours(timeline("2022-03-04T22:30:00", "2022-03-05T02:15:00"), 2_250)
    assert expected.tolist() == pytest.approx([300, 600, 600, 600, 150])


def test_pay_days_holidays_and_months_have_their_factors() -> None:
    options = ("generator.pay_day.day=31", "generator.pay_day.days=2", "generator.pay_day.factor=3")
    overrides = [*STEADY, *OFF, *options, "generator.transactions=null", "generator.holidays.factor=0.5"]
    recipe = dict(load_recipe([*overrides, "timeline.start=2022-01-01", "timeline.end=2022-03-01"])[0].content)
    window = timeline("2022-01-01", "2022-03-01")
    assert targets_by_day(recipe, window)["2022-01-01"] == pytest.approx(
        targets_by_day(recipe, window)["2022-01-08"] * 1.5
    )
    days = targets_by_day(recipe, window)
    assert days["2022-01-31"] == pytest.approx(3 * days["2022-01-24"])  # a Monday, and one a week before
    assert days["2022-02-01"] == pytest.approx(3 * days["2022-02-08"])
    assert days["2022-01-17"] == pytest.approx(0.5 * days["2022-01-24"])  # Martin Luther King's day
    assert days["2022-02-07"] == pytest.approx(days["2022-01-24"] * 0.92 / 0.93)


def targets_by_day(recipe: dict[str, Any], window: Timeline) -> dict[str, float]:
    targets = read_targets(recipe, {"transactions": 0, "scenarios": {}}, window, CATALOG)
    assert targets.expected_n is not None
    dates = np.arange("2022-01-01", "2022-03-01", dtype="datetime64[D]").astype(str)
    return dict(zip(dates.tolist(), targets.expected_n.reshape(-1, 24).sum(axis=1).tolist(), strict=True))


def test_a_bell_has_its_shape(tmp_path: Path) -> None:
    options = ("population=handbook", "generator=handbook", "columns=spending", "generator.transactions=20000")
    data = report(tmp_path / "out", *options, "timeline.end=2022-02-01")
    fits(data["time"]["hours"], 20_000)
    assert data["amounts_by_category"]["shop"]["recipe"] is None
    assert data["loyalty"]["repeat_share"]["recipe"] == 0


@pytest.mark.parametrize(("key", "told"), [("weekday", "'weekday'"), ("mix", "'mix'"), ("rate", "'rate'")])
def test_a_recipe_of_another_form_has_no_targets(key: str, told: str) -> None:
    recipe = load_recipe(["experiment=tiny"])[0].content
    segments = {
        name: {k: v for k, v in part.items() if k != key} for name, part in recipe["generator"]["segments"].items()
    }
    other = {**recipe} | {"generator": recipe["generator"] | {"segments": segments}}
    window, counts = timeline("2022-01-01", "2022-03-01"), {"transactions": 9, "scenarios": {"card_chain": {"rows": 3}}}
    targets = read_targets(other, counts, window, CATALOG)
    assert (targets.expected_n, targets.online, targets.rows) == (None, {}, None)
    assert targets.entities["card_id"] == 130
    assert [line for line in targets.untold if told in line] == list(targets.untold) != []
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
