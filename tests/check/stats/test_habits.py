"""What people's habits make of the shares, times and channels is what the report says that the recipe asks for."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth.check.stats.targets import read_targets
from synth.config.recipe import load_recipe
from synth.generators.spending.expected import gamma_median
from synth.timeline import Timeline, TimelineConfig
from tests.check.stats.outputs import CATALOG, days_fit, fits, report

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


@pytest.fixture(scope="module")
def stable_uniform(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return report(tmp_path_factory.mktemp("steady") / "out", *STEADY)


@pytest.fixture(scope="module", params=ALIKE)
def alike(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return report(tmp_path_factory.mktemp("alike") / "out", *ALIKE[request.param])


@pytest.mark.parametrize("name", ["hours", "weekdays", "months"])
def test_rhythm(name: str, alike: dict[str, Any]) -> None:
    fits([figure.get("share", figure) for figure in alike["time"][name]], alike["rows"]["found"])


def test_days(alike: dict[str, Any]) -> None:
    days_fit(alike)


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


def test_counts(stable_uniform: dict[str, Any]) -> None:
    assert stable_uniform["rows"] == {"found": 60_000, "recipe": 60_000}
    assert stable_uniform["loyalty"]["repeat_share"]["recipe"] == 0.65
    assert stable_uniform["amounts_by_category"]["bakery"]["recipe"] == {"p50": 7.5}
    assert stable_uniform["use_of_cards"]["contactless_of_card_present"]["recipe"] == pytest.approx(0.45)


def test_rows_of_people_whose_total_is_not_set(tmp_path: Path) -> None:
    data = report(tmp_path / "out", *ALIKE["tiny"])
    wanted, due = data["rows"]["recipe"], data["use_of_cards"]["recurring"]
    # Counts of purchases have their mean as variance; a customer's two or three payments of a kind come together.
    assert data["rows"]["found"] == pytest.approx(wanted, abs=5 * wanted**0.5)
    assert 0.01 < due["recipe"] == pytest.approx(due["found"], abs=5 * (3 * due["found"] / wanted) ** 0.5)


def test_targets_do_not_ask_what_the_view_shows(stable_uniform: dict[str, Any], tmp_path: Path) -> None:
    view = ",".join(f"{{name: {name}, source: {name}}}" for name in ("event_id", "time", "category"))
    data = report(tmp_path / "out", *STEADY, f"columns.fields=[{view}]")
    assert (data["time"], data["shares"]["category"]) == (stable_uniform["time"], stable_uniform["shares"]["category"])
    assert data["use_of_cards"] == {}


def test_categories_whose_median_no_number_tells(stable_uniform: dict[str, Any], tmp_path: Path) -> None:
    paid = {"digital", "housing", "leisure", "telecom", "utilities"}
    untold = {name for name, law in stable_uniform["amounts_by_category"].items() if law["recipe"] is None}
    assert untold == paid
    assert stable_uniform["untold"] == [
        f"standing orders have amounts of their own: no median of {', '.join(sorted(paid))}"
    ]
    changed = report(tmp_path / "out", *ALIKE["drift"])
    assert {law["recipe"] for law in changed["amounts_by_category"].values()} == {None}
    assert changed["untold"] == ["drift changes amounts on 2022-02-02: no medians of categories"]


def erlang(shape: int) -> Callable[[float], float]:
    """The share of a gamma law of a whole shape below x, in units of its scale."""
    return lambda x: 1 - math.fsum(math.exp(k * math.log(x) - x - math.lgamma(k + 1)) for k in range(shape))


@pytest.mark.parametrize(
    ("shape", "below"), [(0.5, lambda x: math.erf(x**0.5)), (1, erlang(1)), (2, erlang(2)), (90, erlang(90))]
)
def test_half_of_a_gamma_law_lies_below_its_median(shape: float, below: Callable[[float], float]) -> None:
    assert below(gamma_median(30.0, shape) / 30 * shape) == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize("shape", [0.01, 1000])
def test_medians_at_the_ends_of_the_range(shape: float) -> None:
    # near 0: the first term alone, x^a / Γ(a + 1) = 1/2; far from 0: a - 1/3 (Berg and Pedersen, 2006)
    wanted = (math.gamma(shape + 1) / 2) ** (1 / shape) if shape < 1 else shape - 1 / 3 + 8 / 405 / shape
    assert gamma_median(shape, shape) == pytest.approx(wanted, rel=1e-8)


def test_medians_of_gamma_categories(tmp_path: Path) -> None:
    options = (
        *ALIKE["tiny"][:3],
        *("generator.amounts.income=0", "generator.standing=null", "~generator.categories.grocery"),
        *("population.merchants.categories.grocery.price_sigma=0", "timeline.end=2022-02-01"),
        "+generator.categories.grocery={kind: gamma, mean: 32, shape: 2, online: 0}",
    )
    data = report(tmp_path / "out", *options, "generator.transactions=20000")
    law = data["amounts_by_category"]["grocery"]
    median, rows = 16 * 1.6783469900166608, law["genuine"]["count"]
    assert law["recipe"] == {"p50": pytest.approx(median)}
    density = median / 16**2 * math.exp(-median / 16)
    assert abs(law["genuine"]["p50"] - median) < 5 * 0.5 / density / rows**0.5 + 0.005 + 0.0005 * median


def test_pay_days_holidays_and_months_have_their_factors() -> None:
    options = ("generator.pay_day.day=31", "generator.pay_day.days=2", "generator.pay_day.factor=3")
    overrides = [*STEADY, *OFF, *options, "generator.transactions=null", "generator.holidays.factor=0.5"]
    recipe = dict(load_recipe([*overrides, "timeline.start=2022-01-01", "timeline.end=2022-03-01"])[0].content)
    window = Timeline.parse(TimelineConfig(start="2022-01-01", end="2022-03-01"))
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
    assert targets.expected.rows_n is not None
    dates = np.arange("2022-01-01", "2022-03-01", dtype="datetime64[D]").astype(str)
    return dict(zip(dates.tolist(), targets.expected.rows_n.reshape(-1, 24).sum(axis=1).tolist(), strict=True))


def test_a_bell_has_its_shape(tmp_path: Path) -> None:
    options = ("population=handbook", "generator=handbook", "columns=spending", "generator.transactions=20000")
    data = report(tmp_path / "out", *options, "timeline.end=2022-02-01")
    fits(data["time"]["hours"], 20_000)
    assert data["amounts_by_category"]["shop"]["recipe"] is None
    assert data["loyalty"]["repeat_share"]["recipe"] == 0
