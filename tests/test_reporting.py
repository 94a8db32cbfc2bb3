"""Reports: late, missing, wrong; and never in the truth."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import synth
from synth.check.reader import open_output
from synth.check.verify import verify
from synth.config.catalog import load_catalog
from tests.outputs import table_file

WORLD = (
    "population.cards=500",
    "generator.transactions=60000",
    "block_rows=9000",
    "columns=full",
    "scenario=[card_chain,amount_threshold]",
    "scenario.card_chain.ratio=0.05",
    "scenario.amount_threshold.above=400",
)


def tables(tmp_path: Path, *words: str) -> dict[str, pd.DataFrame]:
    result = synth.run(*WORLD, *words, f"sink.parquet.uri={tmp_path}/out", overwrite=True)
    assert verify(f"{tmp_path}/out", catalog=load_catalog()).ok
    output = open_output(f"{tmp_path}/out", load_catalog())
    return {name: result.to_pandas(name) for name in output.manifest["tables"]}


def delays(found: dict[str, pd.DataFrame]) -> pd.DataFrame:
    rows = found["labels"].merge(found["transactions"][["event_id", "time"]], on="event_id")
    return rows.assign(days=(rows.reported_at - rows.time).dt.total_seconds() / 86_400)


def test_nothing_is_reported_unless_asked_for(tmp_path: Path) -> None:
    found = tables(tmp_path)
    assert "label_events" not in found
    assert found["labels"].reported_at.isna().all()


def test_the_truth_does_not_depend_on_reports(tmp_path: Path) -> None:
    one, other = tables(tmp_path), tables(tmp_path, "reporting=noisy")
    pd.testing.assert_frame_equal(one["transactions"], other["transactions"])
    pd.testing.assert_frame_equal(one["episodes"], other["episodes"])
    truth = [column for column in one["labels"] if column != "reported_at"]
    pd.testing.assert_frame_equal(one["labels"][truth], other["labels"][truth])


#: The law of the Handbook: each row is found by itself, and everything is found.
ROWS = ("reporting.by=row", "reporting.overlooked.share=0")


def test_half_of_the_reports_come_within_the_median(tmp_path: Path) -> None:
    days = delays(tables(tmp_path, "reporting=week", *ROWS)).days
    assert days.notna().all()
    assert (days > 0).all()
    # Binomial(n, 1/2): five standard deviations
    assert abs((days < 7).mean() - 0.5) < 5 * 0.5 / np.sqrt(len(days))
    log = np.log(days)
    assert abs(log.std() - 0.8) < 5 * 0.8 / np.sqrt(2 * len(days))


def test_chargebacks_take_one_to_four_months(tmp_path: Path) -> None:
    days = delays(tables(tmp_path, "reporting=chargebacks", *ROWS)).days
    assert days.min() >= 30
    assert days.max() <= 120
    assert abs(days.mean() - 75) < 5 * (90 / np.sqrt(12)) / np.sqrt(len(days))


def test_a_scenario_may_have_a_delay_of_its_own(tmp_path: Path) -> None:
    own = "+reporting.by_scenario.card_chain={kind: uniform, min_days: 200, max_days: 201}"
    found = delays(tables(tmp_path, "reporting=week", "reporting.overlooked.share=0", own))
    chains = found[found.scenario == "card_chain"]
    after = chains.reported_at - chains.groupby("episode_id").time.transform("max")
    assert (after.dt.total_seconds() / 86_400).between(200, 201).all()
    assert found[found.scenario == "amount_threshold"].days.median() < 20


def test_missed_and_wrong_reports_come_at_their_rates(tmp_path: Path) -> None:
    found = tables(tmp_path, "reporting=noisy", *ROWS, "reporting.missed=0.3", "reporting.false_alarms=0.02")
    labels, events, rows = found["labels"], found["label_events"], found["transactions"]
    missed = labels.reported_at.isna().mean()
    assert abs(missed - 0.3) < 5 * np.sqrt(0.3 * 0.7 / len(labels))
    wrong = events[~events.event_id.isin(labels.event_id)]
    genuine = len(rows) - len(labels)
    assert abs(len(wrong) / genuine - 0.02) < 5 * np.sqrt(0.02 * 0.98 / genuine)
    assert not wrong.event_id.duplicated().any()


def holders(found: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Labels with card, amount and the logarithm of the delay."""
    shown = found["transactions"][["event_id", "time", "card_id", "amount_minor"]]
    rows = found["labels"].merge(shown, on="event_id")
    return rows.assign(log=np.log((rows.reported_at - rows.time).dt.total_seconds()))


def intraclass(rows: pd.DataFrame) -> float:
    """The intraclass correlation of the log delay within episode and card, one way (Fisher, 1925)."""
    known = rows.dropna(subset="log")
    groups = known.groupby(["episode_id", "card_id"]).log
    known = known[groups.transform("size") > 1]
    groups = known.groupby(["episode_id", "card_id"]).log
    size = len(known) / groups.ngroups
    between = (groups.size() * (groups.mean() - known.log.mean()) ** 2).sum() / (groups.ngroups - 1)
    within = ((known.log - groups.transform("mean")) ** 2).sum() / (len(known) - groups.ngroups)
    assert groups.ngroups > 30
    return float((between - within) / (between + (size - 1) * within))


PEOPLE = (
    *("experiment=tiny", "generator.transactions=60000", "columns=full", "block_rows=5000", "timeline.end=2022-05-01"),
    *("population.customers.number=300", "population.cards=330", "scenario.card_chain.ratio=0.05"),
)
ATTACKS = (
    "scenario=[card_chain,compromised_terminal,stolen_card]",
    *("scenario.stolen_card.share=1", "scenario.compromised_terminal.per_day=1"),
)


def people(tmp_path: Path, *words: str) -> dict[str, pd.DataFrame]:
    result = synth.run(*PEOPLE, *words, f"sink.parquet.uri={tmp_path}/out")
    assert verify(f"{tmp_path}/out", catalog=load_catalog()).ok
    return {name: result.to_pandas(name) for name in ("labels", "transactions")}


def test_a_holder_finds_a_thief_once(tmp_path: Path) -> None:
    """Within an episode on a card, delays are alike; with the law of before they had nothing in common."""
    found = holders(people(tmp_path / "holder", "reporting=week", *ATTACKS))
    for scenario, rows in found.groupby("scenario"):
        assert intraclass(rows) > 0.9, scenario
    chains = found[(found.scenario == "card_chain") & found.reported_at.notna()].groupby("episode_id")
    assert (chains.reported_at.nunique() == 1).all()
    assert (chains.reported_at.first() > chains.time.max()).all()
    terminals = found[found.scenario == "compromised_terminal"].groupby("episode_id")
    assert (terminals.card_id.nunique() > 1).any()
    assert (terminals.reported_at.nunique() > 1).any()
    rows = holders(people(tmp_path / "row", "reporting=week", *ATTACKS, *ROWS))
    assert abs(intraclass(rows[rows.scenario == "card_chain"])) < 0.2


def test_holders_report_by_the_law_of_the_recipe(tmp_path: Path) -> None:
    """One delay a holder, from his last row on: half within a week, with the spread that the recipe has."""
    words = ("reporting=week", "reporting.overlooked.share=0")
    found = holders(people(tmp_path, *words))
    last = found.groupby("episode_id").agg(time=("time", "max"), reported=("reported_at", "first"))
    days = (last.reported - last.time).dt.total_seconds() / 86_400
    assert len(days) > 300
    assert abs((days < 7).mean() - 0.5) < 5 * 0.5 / np.sqrt(len(days))
    log = np.log(days)
    assert abs(log.std() - 0.8) < 5 * 0.8 / np.sqrt(2 * len(days))


def test_some_holders_never_notice(tmp_path: Path) -> None:
    words = ("reporting=week", "reporting.overlooked.share=0", "reporting.missed=0.3")
    episodes = people(tmp_path, *words)["labels"].groupby("episode_id").reported_at
    told = episodes.count() / episodes.size()
    assert set(told) == {0.0, 1.0}, "all of an episode, or nothing"
    assert abs((told == 0).mean() - 0.3) < 5 * np.sqrt(0.3 * 0.7 / len(told))


def test_small_amounts_are_hardly_ever_reported(tmp_path: Path) -> None:
    small = "amount.buckets=[{share: 0.5, low: 1, high: 5}, {share: 0.5, low: 20, high: 90}]"
    rows = holders(tables(tmp_path, "reporting=week", small, "scenario.amount_threshold.above=80"))
    told = rows.reported_at.notna()
    probe = rows.amount_minor < 500
    assert min(probe.sum(), (~probe).sum()) > 900
    assert told[~probe].all()
    assert abs(told[probe].mean() - 0.06) < 5 * np.sqrt(0.06 * 0.94 / probe.sum())


def test_reports_of_a_holder_do_not_depend_on_blocks(tmp_path: Path) -> None:
    """A chain over the edge of two blocks is reported in one moment, the same in blocks of another size."""
    words = ("reporting=week", "reporting.overlooked.share=0")
    one, other = (
        people(tmp_path / str(rows), *words, f"block_rows={rows}")["labels"].groupby("episode_id").reported_at.first()
        for rows in (2_000, 15_000)
    )
    pd.testing.assert_series_equal(one, other)


def test_label_events_are_the_reports_in_order_of_time(tmp_path: Path) -> None:
    found = tables(tmp_path, "reporting=noisy")
    events, labels, rows = found["label_events"], found["labels"], found["transactions"]
    assert (events.known_at.diff().dropna() >= pd.Timedelta(0)).all()
    known = labels.dropna(subset="reported_at").merge(events, on="event_id", how="left")
    assert (known.reported_at == known.known_at).all()
    joined = events.merge(rows, on="event_id", suffixes=("", "_of_row"))
    assert len(joined) == len(events)
    assert (joined.tid == joined.tid_of_row).all()
    assert (joined.known_at > joined.time).all()


def test_the_observed_label_is_what_was_known_at_the_end(tmp_path: Path) -> None:
    fields = "columns.fields=[{name: event_id, source: event_id}, {name: seen, source: observed_label}]"
    found = tables(tmp_path, "reporting=noisy", fields)
    reports = found["label_events"]
    known = reports[reports.known_at < pd.Timestamp("2022-06-01", tz="UTC")].event_id
    assert 0 < len(known) < len(reports)
    assert set(found["transactions"].query("seen == 1").event_id) == set(known)


@pytest.mark.parametrize("sink", ["csv", "jsonl", "parquet"])
def test_every_sink_holds_the_same_reports(sink: str, tmp_path: Path) -> None:
    words = ("reporting=noisy", f"sink=[{sink}]", f"sink.{sink}.uri={tmp_path}/{sink}")
    result = synth.run(*WORLD, *words)
    other = synth.run(*WORLD, "reporting=noisy", f"sink.parquet.uri={tmp_path}/other")
    assert result.digest == other.digest
    pd.testing.assert_frame_equal(result.to_pandas("label_events"), other.to_pandas("label_events"))
    pd.testing.assert_frame_equal(result.to_pandas("episodes"), other.to_pandas("episodes"))


def test_any_number_of_workers_reports_the_same(tmp_path: Path) -> None:
    digests = {
        synth.run(*WORLD, "reporting=noisy", f"runner.workers={n}", f"sink.parquet.uri={tmp_path}/{n}").digest
        for n in (1, 3)
    }
    assert len(digests) == 1


def rows_of(path: Path) -> list[str]:
    return path.read_text().splitlines(keepends=True)


@pytest.mark.parametrize(
    ("table", "edit", "check", "told"),
    [
        ("label_events", lambda rows: [*rows[:5], rows[6], rows[5], *rows[7:]], "reports", "not in order of time"),
        ("label_events", lambda rows: rows[:-1], "reports", "its report tell different times"),
        ("label_events", lambda rows: [*rows, rows[-1]], "reports", "an event is reported twice"),
        (
            "transactions",
            lambda rows: [*rows[:9], rows[9].replace(",0\n", ",1\n"), *rows[10:]],
            "observed_label",
            "row 8",
        ),
    ],
)
def test_verify_finds_a_wrong_report(table: str, edit: Any, check: str, told: str, tmp_path: Path) -> None:
    seen = "columns.fields=[{name: event_id, source: event_id}, {name: seen, source: observed_label}]"
    synth.run(*WORLD, seen, "reporting=week", "sink=[csv]", f"sink.csv.uri={tmp_path}")
    path = table_file(tmp_path, table)
    path.write_text("".join(edit(rows_of(path))))
    [found] = [each for each in verify(str(tmp_path), catalog=load_catalog()).checks if each.name == check]
    assert found.ok is False
    assert told in found.detail


@pytest.mark.parametrize(
    ("at", "told"),
    [("2030-01-01T00:00:00Z", "is reported twice"), ("2022-01-01T00:00:00Z", "goes on after its report")],
)
def test_verify_finds_a_holder_who_finds_twice_or_too_early(at: str, told: str, tmp_path: Path) -> None:
    """Labels and reports agree, but one row of an episode is reported at another time, or all of it before its end."""
    words = ("reporting=week", "reporting.overlooked.share=0", "scenario.amount_threshold.above=490")
    synth.run(*WORLD, *words, "sink=[csv]", f"sink.csv.uri={tmp_path}")
    files = {name: table_file(tmp_path, name) for name in ("labels", "label_events")}
    labels, events = (pd.read_csv(file, dtype=str, keep_default_na=False) for file in files.values())
    chain = labels[labels.scenario == "card_chain"].groupby("episode_id").event_id.agg(list).iloc[0]
    moved = chain[:1] if at > "2030" else chain
    labels.loc[labels.event_id.isin(moved), "reported_at"] = at
    events.loc[events.event_id.isin(moved), "known_at"] = at
    events = events.sort_values("known_at", kind="stable")
    for file, frame in zip(files.values(), (labels, events), strict=True):
        frame.to_csv(file, index=False, lineterminator="\n")
    [found] = [each for each in verify(str(tmp_path), catalog=load_catalog()).checks if each.name == "reports"]
    assert found.ok is False
    assert told in found.detail
