"""What a report says, whatever its format: the figures of the rows, and of what is missing one sentence."""

import json
import math
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synth.check.stats.rows import Codes, CountedRows
from synth.check.stats.subject import Subject, read_subject
from synth.config.catalog import load_catalog
from synth.libraries import installed_version
from synth.report.alike import MOST_EVENTS, LookAlikes, Sought
from synth.report.figures import LONGEST, Figure
from synth.report.gathered import Chosen, gather
from synth.report.parts.fraud import _byar
from tests.cli.commands import synth
from tests.report.places import RECIPES, parts_of

pytestmark = pytest.mark.xdist_group("report")

PARTS = ("overview", "amounts", "rhythm", "people", "shops", "uses", "prevalence", "reports")


@pytest.mark.parametrize("name", RECIPES)
def test_every_part_is_there_and_says_something(name: str, places: Path) -> None:
    parts = parts_of(places / name)
    assert [part for part in parts if not part.startswith("scenario_")] == [*PARTS]
    assert all(part.figures or part.notes for part in parts.values())
    figures = [figure for part in parts.values() for figure in part.figures]
    assert len({figure.name for figure in figures}) == len(figures)
    for figure in figures:
        assert figure.rows, figure.name
        assert any(row.get(column.name) is not None for row in figure.rows for column in figure.columns[1:]), (
            figure.name
        )


def test_what_is_not_shown_is_said(places: Path) -> None:
    notebook, control = (parts_of(places / name) for name in ("notebook", "control"))
    assert notebook["shops"].notes == ("No map: no table says where shops are.",)
    assert "Channels: the view shows no channel." in notebook["uses"].notes
    assert notebook["reports"].notes == ("Nothing says when fraud is reported: there is no table label_events.",)
    assert control["prevalence"].notes == ("There is no fraud in these rows.",)


def test_an_episode_stands_in_the_life_of_its_card(places: Path) -> None:
    rows = pq.read_table(places / "people/transactions").to_pandas()
    parts = [part for name, part in parts_of(places / "people").items() if name.startswith("scenario_")]
    assert [part.title for part in parts] == ["Scenario account_takeover", "Scenario card_chain"]
    for part in parts:
        episode, genuine, alike, life = part.figures
        number = int(re.findall(r"Episode (\d+):", episode.title)[0])
        mine = rows[(rows.scenario == part.title.removeprefix("Scenario ")) & (rows.episode_id == number)]
        assert [*mine.time.dt.strftime("%Y-%m-%d %H:%M:%S")] == [row["time"] for row in episode.rows]
        assert [*mine.amount] == [row["amount"] for row in episode.rows]
        assert [*mine.role] == [row["role"] for row in episode.rows]
        [card] = mine.card_id.unique()
        whole = rows[rows.card_id == card]
        assert [*whole.amount] == [row["amount"] for row in life.rows]
        assert [row["kind"] == "genuine" for row in life.rows] == [*(whole.fraud_label == 0)]
        before = whole[(whole.fraud_label == 0) & (whole.time < mine.time.min())].tail(len(mine))
        if len(before) == len(mine):
            assert [row["amount"] for row in genuine.rows] == [*before.amount]
        assert [row["amount"] for row in alike.rows] == _most_alike(rows, mine)


def _most_alike(rows: pd.DataFrame, episode: pd.DataFrame) -> list[float]:
    """The amounts of the genuine rows in a row of one card that are nearest in length and in sum, one by one."""

    def logs(stretch: pd.DataFrame) -> tuple[float, float]:
        seconds = (stretch.time.iloc[-1] - stretch.time.iloc[0]).total_seconds()
        return math.log(seconds + 1), math.log(round(100 * stretch.amount.sum()) + 1)

    wanted, count = logs(episode), len(episode)
    found = []
    for _, whole in rows[rows.fraud_label == 0].groupby("card_id"):
        for at in range(len(whole) - count + 1):
            stretch = whole.iloc[at : at + count]
            far = sum(abs(a - b) for a, b in zip(logs(stretch), wanted, strict=True))
            found.append((far, stretch.time.iloc[0], [*stretch.amount]))
    return min(found)[2]


def test_a_look_alike_is_found_across_the_pieces_that_are_read() -> None:
    """One card's rows come in pieces of one; another card's are as near, and later."""
    alike = LookAlikes("card_id", [Sought(3, 20_000_000, 600), None, Sought(MOST_EVENTS + 1, 1, 1)])
    codes = defaultdict[str, Codes](Codes)
    nothing = np.zeros(0, dtype=np.int64)
    for second, card, minor in [
        (0, 1, 9),
        (5, 2, 100),
        (6, 1, 100),
        (10, 2, 200),
        (16, 1, 200),
        (25, 2, 300),
        (26, 1, 300),
    ]:
        columns = {
            "card_id": pa.array([card]),
            "time": pa.array([second * 1_000_000]),
            "amount_minor": pa.array([minor]),
        }
        alike.see(CountedRows(second, 1, columns, nothing, 0, codes))
    [found, *others] = alike.found
    assert found is not None
    assert (found.time_us.tolist(), found.minor.tolist()) == ([5_000_000, 10_000_000, 25_000_000], [100, 200, 300])
    assert others == [None, None]


def test_limits_of_a_week_are_those_of_its_episodes(places: Path) -> None:
    """Exact 95 % limits of a Poisson mean (Garwood 1936): of 10 counted 4.795 and 18.39, of none 0 and 3.689."""
    low, high = _byar(np.array([0.0, 10.0, 100.0]))
    assert low == pytest.approx([0, 4.795, 81.36], abs=0.02)
    assert high == pytest.approx([3.689, 18.39, 121.63], abs=0.06)
    weeks = parts_of(places / "people")["prevalence"].figures[0].rows
    assert len(weeks) > 3
    for week in weeks:
        assert week["low"] <= week["fraud_share"] <= week["high"]
    counts = sum(week["fraud_rows"] for week in weeks)
    assert any(week["high"] > (week["fraud_rows"] + 2 * week["fraud_rows"] ** 0.5) / week["rows"] for week in weeks)
    assert counts == len(pq.read_table(places / "people/labels"))


def test_delays_are_those_of_the_reports(places: Path) -> None:
    [figure] = parts_of(places / "people")["reports"].figures
    rows, labels, known = (
        pq.read_table(places / "people" / table).to_pandas() for table in ("transactions", "labels", "label_events")
    )
    merged = labels.merge(known, on="event_id").merge(rows[["event_id", "time"]], on="event_id")
    assert sum(row["rows"] for row in figure.rows) == len(merged) > 0
    assert figure.rows[-1]["known"] == pytest.approx(len(merged) / len(labels))


def test_amounts_are_counted_once(places: Path) -> None:
    rows = pq.read_table(places / "people/transactions").to_pandas()
    [figure, *_] = parts_of(places / "people")["amounts"].figures
    for label, name in enumerate(("genuine", "fraud")):
        amounts = rows[rows.fraud_label == label].amount
        assert sum(row[name] for row in figure.rows) == pytest.approx(1)
        for row in figure.rows:
            inside = ((amounts >= row["from"]) & (amounts < row["to"])).mean()
            assert row[name] == pytest.approx(inside, abs=0.004)


def test_the_formats_say_the_same(places: Path, tmp_path: Path) -> None:
    for form in ("md", "json"):
        answer = synth("report", "people", "--format", form, "--output", str(tmp_path / f"r.{form}"), cwd=places)
        assert (answer.code, answer.err) == (0, "")
    content = json.loads((tmp_path / "r.json").read_text())
    text = (tmp_path / "r.md").read_text()
    for part in content["parts"]:
        assert f"\n## {part['title'].replace('_', chr(92) + '_')}\n" in text
    names = [part["name"] for part in content["parts"]]
    assert names == [*parts_of(places / "people")]


def test_a_recipe_is_made_for_it_alone(tmp_path: Path) -> None:
    words = ("scenario=card_chain", "generator.transactions=3000", "population.cards=200")
    answer = synth("--json", "report", *words, "--format", "json", cwd=tmp_path)
    assert answer.code == 0, answer.err
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert answer.envelope["data"]["file"] == "report.json"
    content = json.loads((tmp_path / "report.json").read_text())
    assert f"synth run {' '.join(words)}" in content["parts"][0]["notes"][-1]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ((), 2, "report what?"),
        (("people", "seed=1"), 2, "'people' is no override"),
        (("nowhere",), 3, "nowhere holds no synth run"),
        (("people", "--format", "pdf"), 2, "invalid choice: 'pdf'"),
        (("people", "--output", "no/such/file.html"), 3, "no/such is no folder"),
        (("people", "--output", "people"), 3, "people is a folder"),
        (("people", "--output", "taken"), 3, "taken is there already: --overwrite replaces it"),
        (("seed=x",), 2, "seed"),
    ],
)
def test_mistakes(words: tuple[str, ...], code: int, message: str, places: Path) -> None:
    (places / "taken").write_text("mine")
    before = {path.name for path in places.iterdir()}
    answer = synth("report", *words, cwd=places)
    assert (answer.code, answer.out) == (code, "")
    assert message in answer.err
    assert {path.name for path in places.iterdir()} == before
    assert (places / "taken").read_text() == "mine"


def test_a_file_is_replaced_on_demand(places: Path, tmp_path: Path) -> None:
    (tmp_path / "r.md").write_text("mine")
    words = ("report", str(places / "notebook"), "--format", "md", "--output", "r.md")
    assert synth(*words, cwd=tmp_path).code == 3
    assert synth(*words, "--overwrite", cwd=tmp_path).code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["r.md"]
    assert (tmp_path / "r.md").read_text().startswith("# Report: ")


def test_without_the_extra_one_line_says_which(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = installed_version
    monkeypatch.setattr(
        "synth.config.catalog.extras.installed_version", lambda name: "" if name == "altair" else here(name)
    )
    answer = synth("report", "notebook", "--output", "none.html", cwd=places)
    assert (answer.code, answer.out) == (3, "")
    assert re.fullmatch(
        r"error: a chart \(extra report\) needs altair, which is not installed; pip install 'altair>=[\d.]+'\n",
        answer.err,
    )
    assert not (places / "none.html").exists()
    assert synth("report", "notebook", "--format", "md", "--output", "without.md", cwd=places).code == 0


def test_two_cards_of_one_customer_have_one_life(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the view shows customers alone, as the book's does, the numbers of both cards lead to the same rows."""
    subject = read_subject(str(places / "handbook"), load_catalog())
    cards = subject.columns_of("cards", ("card_number", "customer_id"))
    assert cards is not None
    twice = {"card_number": pa.array(["1", "2", "3"]), "customer_id": cards["customer_id"].take(pa.array([7, 7, 8]))}
    nobody = np.zeros(0, dtype=np.int64)
    chosen = [Chosen(f"s{card}", card, card, nobody, ()) for card in range(3)]
    monkeypatch.setattr("synth.report.gathered._choose", lambda _: (None, chosen, ["1", "2", "3"]))
    monkeypatch.setattr(Subject, "columns_of", lambda *_: twice)
    found = gather(subject)
    assert [each.card for each in found.chosen] == [0, 0, 1]
    assert found.lives is not None
    assert all(len(found.lives.of(card)[0]) for card in (0, 1))


def test_a_chart_has_no_room_for_all_of_a_long_text() -> None:
    rows = [{"what": "x" * 30_000, "count": 3}, {"what": "y" * LONGEST, "count": 2}]
    figure = Figure("shares", "Shares", (), rows, lambda rows, *, width, height: rows)
    assert figure.drawn(400) == [{"what": "x" * (LONGEST - 1) + "…", "count": 3}, rows[1]]
