"""Every figure is the one that pandas finds in the files, whatever the view and the format."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import synth.check.stats
from synth.check.stats import measure
from synth.check.stats.histogram import LEVELS, level_name
from synth.config.catalog import load_catalog
from tests.check.stats.outputs import OUTPUTS, Made, made

PEOPLE = ["people parquet", "people csv"]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outputs")


@pytest.fixture(params=OUTPUTS)
def output(request: pytest.FixtureRequest, directory: Path) -> Made:
    return made(request.param, directory)


@pytest.fixture(params=PEOPLE)
def people(request: pytest.FixtureRequest, directory: Path) -> Made:
    return made(request.param, directory)


def found(figures: Any, keys: Any) -> list[float]:
    return [figures[key]["found"] for key in keys]


def same_law(law: dict[str, float], values: Any, unit: int = 1) -> None:
    """Mean and deviation are those of the values; quantiles are, up to the width of a bin."""
    values = np.asarray(values)
    assert law["count"] == len(values)
    assert law["mean"] == pytest.approx(values.mean() / unit)
    assert law["sd"] == pytest.approx(values.std() / unit, rel=1e-6, abs=1e-9)
    assert (law["min"], law["max"]) == pytest.approx((values.min() / unit, values.max() / unit))
    exact = np.quantile(values, LEVELS, method="inverted_cdf") / unit
    assert [law[level_name(q)] for q in LEVELS] == pytest.approx(exact, rel=1 / 2048)


def test_rows_and_window(output: Made) -> None:
    assert output.data["rows"]["found"] == len(output.rows)
    start, end = (pd.Timestamp(output.data["window"][side]) for side in ("start", "end"))
    assert (end - start).total_seconds() == output.data["window"]["seconds"]
    assert output.rows.time.between(start, end, inclusive="left").all()


def test_days_weeks_and_months(output: Made) -> None:
    time, rows = output.data["time"], output.rows
    days = pd.DataFrame(time["days"])
    by_day = rows.groupby(rows.time.dt.strftime("%Y-%m-%d")).fraud.agg(["size", "sum"]).reindex(days.day, fill_value=0)
    assert days.rows.tolist() == by_day["size"].tolist()
    assert days.fraud_rows.tolist() == by_day["sum"].tolist()
    assert pd.to_datetime(days.day).diff().dropna().eq(pd.Timedelta(days=1)).all()

    weeks = pd.DataFrame(time["weeks"]).set_index("from")
    monday = (rows.time.dt.normalize() - pd.to_timedelta(rows.time.dt.day_of_week, "D")).dt.strftime("%Y-%m-%d")
    by_week = rows.groupby(monday).fraud.agg(["size", "sum", "mean"])
    assert weeks.rows.to_dict() == by_week["size"].to_dict()
    assert weeks.fraud_rows.to_dict() == by_week["sum"].to_dict()
    assert weeks.fraud_share.tolist() == pytest.approx(by_week["mean"].tolist())

    months = pd.DataFrame(time["months"]).set_index("month")
    by_month = rows.groupby(rows.time.dt.strftime("%Y-%m")).fraud.agg(["size", "sum"])
    assert months.rows.to_dict() == by_month["size"].to_dict()
    assert months.fraud_rows.to_dict() == by_month["sum"].to_dict()
    shares = output.genuine.time.dt.strftime("%Y-%m").value_counts(normalize=True).sort_index()
    assert [month["found"] for month in months["share"]] == pytest.approx(shares.tolist())


def test_rates_a_day(output: Made) -> None:
    rates, window = output.data["time"]["rows_per_day"], output.data["window"]
    start, end = pd.Timestamp(window["start"]), pd.Timestamp(window["end"])
    assert rates["mean"]["found"] == pytest.approx(len(output.rows) / window["seconds"] * 86_400)
    days = pd.date_range(start.ceil("D"), end.floor("D"), inclusive="left")
    whole = output.rows.groupby(output.rows.time.dt.normalize()).size().reindex(days, fill_value=0)
    assert (rates["min"]["found"], rates["max"]["found"]) == (whole.min(), whole.max())


def test_hours_and_weekdays(output: Made) -> None:
    time, when = output.data["time"], output.genuine.time.dt
    matrix = pd.crosstab(when.day_of_week, when.hour, normalize=True).reindex(
        index=range(7), columns=range(24), fill_value=0
    )
    assert np.array(time["hours_by_weekday"]["found"]) == pytest.approx(matrix.to_numpy())
    assert found(time["hours"], range(24)) == pytest.approx(matrix.sum(axis=0).tolist())
    assert found(time["weekdays"], range(7)) == pytest.approx(matrix.sum(axis=1).tolist())


def test_amounts(output: Made) -> None:
    same_law(output.data["amounts"]["genuine"], output.genuine.cents, 100)
    same_law(output.data["amounts"]["fraud"], output.rows[output.rows.fraud].cents, 100)


def test_buckets(directory: Path) -> None:
    output = made("notebook csv", directory)
    buckets = output.data["amounts"]["buckets"]
    assert [bucket["share"]["recipe"] for bucket in buckets] == [0.05, 0.075, 0.525, 0.25, 0.1]
    for bucket in buckets:
        inside = output.genuine.amount.between(bucket["low"], bucket["high"], inclusive="left")
        assert bucket["share"]["found"] == pytest.approx(inside.mean())


def test_cards(output: Made) -> None:
    cards, rows = output.data["cards"], output.rows
    by = "card_id" if "card_id" in rows else "card_number"
    assert cards["by"] == by
    size = 300 if "card_number" in rows else 130
    counts = np.zeros(size)
    active = output.genuine[by].value_counts()
    counts[: len(active)] = active
    assert cards["active"] == {"found": len(active), "recipe": size}
    days = output.data["window"]["seconds"] / 86_400
    per_day = cards["rows_per_day"]
    assert per_day["mean"]["found"] == pytest.approx(counts.mean() / days)
    exact = np.quantile(counts / days, LEVELS, method="inverted_cdf")
    assert [per_day[level_name(q)] for q in LEVELS] == pytest.approx(exact)
    assert per_day["max"] == pytest.approx(counts.max() / days)
    for name, top in (("1%", -(-size // 100)), ("10%", -(-size // 10))):
        assert cards["busiest"][name] == pytest.approx(np.sort(counts)[-top:].sum() / counts.sum())


def test_gaps(output: Made) -> None:
    rows = output.rows
    gap = rows.groupby("card_id" if "card_id" in rows else "card_number").time.diff().dt.total_seconds()
    for name, which in (("genuine", ~rows.fraud), ("fraud", rows.fraud)):
        same_law(output.data["cards"]["gap_s"][name], gap[which].dropna().astype(int))


def test_fraud(output: Made) -> None:
    fraud, rows = output.data["fraud"], output.rows
    assert fraud["rows"] == rows.fraud.sum() > 100
    assert fraud["episodes"] == len(output.episodes)
    assert fraud["share_of_rows"] == pytest.approx(rows.fraud.mean())
    assert fraud["value"] == pytest.approx(rows[rows.fraud].amount.sum())
    assert fraud["share_of_value"] == pytest.approx(rows[rows.fraud].amount.sum() / rows.amount.sum())
    chain = fraud["scenarios"]["card_chain"]
    assert chain["rows"]["found"] == rows.fraud.sum()
    assert chain["episodes"] == {"found": len(output.episodes), "recipe": None}
    assert chain["rows_per_episode"] == pytest.approx(rows.fraud.sum() / len(output.episodes))
    assert chain["roles"] == rows.of_role.value_counts().sort_index().to_dict()


def test_categories(people: Made) -> None:
    data, rows = people.data, people.rows
    assert {*data["amounts_by_category"]} == {*rows.category}
    for name, which in (("genuine", people.genuine), ("fraud", rows[rows.fraud])):
        for category, group in which.groupby("category"):
            same_law(data["amounts_by_category"][category][name], group.cents, 100)
    bought = people.genuine[people.genuine.channel != "recurring"]
    assert len(bought) < len(people.genuine)
    online = bought.groupby("category").channel.agg(lambda channel: (channel == "online").mean())
    assert {name: share["found"] for name, share in data["web"].items()} == pytest.approx(online.to_dict())


COLUMNS = ["category", "channel", "currency", "auth_result", "decline_reason"]


@pytest.mark.parametrize("column", COLUMNS)
def test_shares(column: str, people: Made) -> None:
    shares, value_t = people.data["shares"][column], people.rows[column].fillna("null")
    assert {name: value["rows"] for name, value in shares.items()} == value_t.value_counts().to_dict()
    for name, which in (("genuine", ~people.rows.fraud), ("fraud", people.rows.fraud)):
        exact = value_t[which].value_counts(normalize=True).reindex([*shares], fill_value=0.0)
        assert found([value[name] for value in shares.values()], range(len(shares))) == pytest.approx(exact.tolist())
    assert [*people.data["shares"]] == COLUMNS


def test_use_of_cards(people: Made) -> None:
    use, channel = people.data["use_of_cards"], people.genuine.channel
    assert use["online"]["found"] == pytest.approx((channel == "online").mean())
    present = channel.isin(["chip", "contactless"])
    assert use["card_present"]["found"] == pytest.approx(present.mean())
    assert use["recurring"]["found"] == pytest.approx((channel == "recurring").mean())
    assert use["recurring"]["found"] > 0
    contactless = (channel == "contactless").sum() / present.sum()
    assert use["contactless_of_card_present"]["found"] == pytest.approx(contactless)


def test_merchants(people: Made) -> None:
    merchants = people.data["merchants"]
    counts = np.sort(people.genuine.merchant_id.value_counts().to_numpy())[::-1]
    assert merchants["active"] == {"found": len(counts), "recipe": 20}
    assert merchants["largest"]["10"] == pytest.approx(counts[:10].sum() / counts.sum())
    assert merchants["largest"]["10%"] == pytest.approx(counts[:2].sum() / counts.sum())
    assert merchants["rows"]["max"] == counts[0]


def test_loyalty(people: Made) -> None:
    loyalty, genuine = people.data["loyalty"], people.genuine
    window = people.data["window"]
    half = pd.Timestamp(window["start"]) + pd.Timedelta(seconds=window["seconds"] / 2)
    late = genuine.time >= half
    again = genuine.duplicated(["customer_id", "merchant_id"])
    assert loyalty["by"] == "customer_id"
    assert loyalty["followed"] == genuine.customer_id.nunique()
    assert loyalty["rows"] == late.sum()
    assert loyalty["repeat_share"]["found"] == pytest.approx(again[late].mean())
    assert 0.5 < loyalty["repeat_share"]["found"] < 1


@pytest.mark.parametrize("piece", [37, 700])
def test_the_pieces_in_which_rows_come_do_not_matter(
    piece: int, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = made("people parquet", directory)
    monkeypatch.setattr(synth.check.stats, "_PIECE", piece)
    again = measure(str(output.path), catalog=load_catalog())
    assert flat(again) == pytest.approx(flat(output.data), rel=1e-12)


def flat(data: Any, path: str = "") -> dict[str, Any]:
    """Every leaf by its path."""
    if isinstance(data, dict | list):
        items = data.items() if isinstance(data, dict) else enumerate(data)
        return {name: leaf for key, value in items for name, leaf in flat(value, f"{path}/{key}").items()}
    return {path: data if isinstance(data, float | int) else hash(data) % 2**32}


def test_formats_say_the_same(directory: Path) -> None:
    first, second = (dict(made(name, directory).data, uri="") for name in PEOPLE)
    assert first == second
