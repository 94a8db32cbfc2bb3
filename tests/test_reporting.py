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


def test_half_of_the_reports_come_within_the_median(tmp_path: Path) -> None:
    days = delays(tables(tmp_path, "reporting=week")).days
    assert days.notna().all()
    assert (days > 0).all()
    # Binomial(n, 1/2): five standard deviations
    assert abs((days < 7).mean() - 0.5) < 5 * 0.5 / np.sqrt(len(days))
    log = np.log(days)
    assert abs(log.std() - 0.8) < 5 * 0.8 / np.sqrt(2 * len(days))


def test_chargebacks_take_one_to_four_months(tmp_path: Path) -> None:
    days = delays(tables(tmp_path, "reporting=chargebacks")).days
    assert days.min() >= 30
    assert days.max() <= 120
    assert abs(days.mean() - 75) < 5 * (90 / np.sqrt(12)) / np.sqrt(len(days))


def test_a_scenario_may_have_a_delay_of_its_own(tmp_path: Path) -> None:
    own = "+reporting.by_scenario.card_chain={kind: uniform, min_days: 200, max_days: 201}"
    found = delays(tables(tmp_path, "reporting=week", own))
    assert found[found.scenario == "card_chain"].days.between(200, 201).all()
    assert found[found.scenario == "amount_threshold"].days.median() < 20


def test_missed_and_wrong_reports_come_at_their_rates(tmp_path: Path) -> None:
    found = tables(tmp_path, "reporting=noisy", "reporting.missed=0.3", "reporting.false_alarms=0.02")
    labels, events, rows = found["labels"], found["label_events"], found["transactions"]
    missed = labels.reported_at.isna().mean()
    assert abs(missed - 0.3) < 5 * np.sqrt(0.3 * 0.7 / len(labels))
    wrong = events[~events.event_id.isin(labels.event_id)]
    genuine = len(rows) - len(labels)
    assert abs(len(wrong) / genuine - 0.02) < 5 * np.sqrt(0.02 * 0.98 / genuine)
    assert not wrong.event_id.duplicated().any()


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
