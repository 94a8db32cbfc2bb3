"""Reports on files of other people, beside other rows, and with the answers of other commands."""

import csv
import json
from pathlib import Path

import pytest

from synth.check.foreign import read_foreign
from synth.check.stats.subject import read_subject, subject_of
from synth.cli.parser import make_parser
from synth.config.catalog import load_catalog
from synth.report import Part, make_report
from synth.report.parts.answers import PARTS
from synth.report.parts.episodes import GUESS
from tests.cli.commands import CANARY, synth
from tests.report.browser import Browser

pytestmark = pytest.mark.xdist_group("report")

SMALL = ("scenario=card_chain", "generator.transactions=2000", "population.cards=100")
BAD = "</script><img src=x onerror=alert(1)>"
MAPPING = """
columns: {time: when, card: card, amount: paid, label: fraud, scenario: kind, category: shop, channel: how}
"""


@pytest.fixture(scope="module")
def foreign(places: Path) -> Path:
    """A file in no order of time, every text of which would like to be a script."""
    with (places / "theirs.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["when", "card", "paid", "fraud", "kind", "shop", "how", f"{BAD}name"])
        for i in range(400):
            fraud = int(i % 20 == 7)
            when = f"2024-03-{1 + i * 7 % 28:02d} {i % 24:02d}:00:00"
            kind = BAD if fraud else ""
            rows.writerow([when, f"{i % 30}{BAD}", 1 + i, fraud, kind, f"{BAD}{i % 3}", f"{i % 2}{BAD}", BAD * (i % 4)])
    (places / "theirs.yaml").write_text(MAPPING)
    return places


def report(place: Path, against: Path | None = None, answers: tuple[dict[str, object], ...] = ()) -> dict[str, Part]:
    catalog = load_catalog()
    other = read_subject(str(against), catalog) if against else None
    return {part.name: part for part in make_report(read_subject(str(place), catalog), "", other, answers)}


def test_rows_beside_themselves_are_alike(places: Path) -> None:
    part = report(places / "people", places / "people")["comparison"]
    assert len(part.figures) > 6
    here, other = (figure for figure in part.figures if figure.name.startswith("compared_episode"))
    assert here.rows == other.rows
    for figure in part.figures[:-2]:
        sides = [column.name for column in figure.columns][-2:]
        assert [row[sides[0]] for row in figure.rows] == [row[sides[1]] for row in figure.rows]


def test_what_one_of_them_lacks_is_empty(places: Path) -> None:
    part = report(places / "people", places / "notebook")["comparison"]
    rows = {row["what"]: row for row in part.figures[0].rows}
    assert rows["shops in use"]["here"] == "20"
    assert rows["shops in use"]["other"] == ""
    assert rows["payments"]["other"] == "4,000"
    assert not any(figure.name.startswith("compared_column") for figure in part.figures)
    control = report(places / "control", places / "notebook")["comparison"]
    assert [figure.name for figure in control.figures][1] == "compared_genuine_amounts"
    assert not any(figure.name == "compared_fraud_amounts" for figure in control.figures)


def test_rows_of_other_people(foreign: Path) -> None:
    subject = subject_of(read_foreign([foreign / "theirs.csv"], foreign / "theirs.yaml"))
    parts = {part.name: part for part in make_report(subject)}
    assert GUESS in parts["scenario_0"].notes
    assert {row["role"] for row in parts["scenario_0"].figures[0].rows} == {"fraud"}
    overview = {row["what"]: row["came"] for row in parts["overview"].figures[0].rows}
    assert (overview["payments"], overview["fraud payments"], overview["cards in use"]) == ("400", "20", "30")
    assert sum(row["rows"] for row in parts["rhythm"].figures[0].rows) == 400
    assert {figure.name for figure in parts["uses"].figures} >= {"column_category", "column_channel"}


ROWS = """when,card,paid,fraud,kind,attack
2024-03-01 00:00:00,1,10,0,,
2024-03-01 01:00:00,1,11,1,a,x
2024-03-01 01:30:00,2,20,1,a,x
2024-03-01 02:00:00,1,12,1,a,x
2024-03-01 03:00:00,1,13,0,,
2024-03-01 04:00:00,1,14,1,a,y
2024-03-01 05:00:00,1,15,1,b,z
2024-03-01 06:00:00,2,21,1,a,
2024-03-01 07:00:00,2,22,1,a,
"""


@pytest.mark.parametrize(
    ("more", "guessed"), [("", True), (", scenario: kind", True), (", scenario: kind, episode: attack", False)]
)
def test_what_belongs_together_in_a_file(more: str, guessed: bool, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(ROWS)
    (tmp_path / "map.yaml").write_text(f"columns: {{time: when, card: card, amount: paid, label: fraud{more}}}")
    subject = subject_of(read_foreign([tmp_path / "rows.csv"], tmp_path / "map.yaml"))
    episodes = subject.columns_of("episodes", ("scenario", "card_number", "first_time", "last_time", "amount_minor"))
    assert episodes is not None
    hours = [(each.as_py() - 1709251200_000_000) / 3_600_000_000 for each in episodes["first_time"]]
    found = {*zip(episodes["scenario"].to_pylist(), episodes["card_number"].to_pylist(), hours, strict=True)}
    alone = {("fraud", 1, 1.0), ("fraud", 2, 1.5), ("fraud", 1, 4.0)}
    by_kind = {("a", 1, 1.0), ("a", 2, 1.5), ("a", 1, 4.0), ("b", 1, 5.0)}
    by_attack = {("a", None, 1.0), ("a", 1, 4.0), ("b", 1, 5.0), ("a", 2, 6.0)}
    assert found == {"": alone, ", scenario: kind": by_kind}.get(more, by_attack)
    assert sum(episodes["amount_minor"].to_pylist()) == 100 * (11 + 20 + 12 + 14 + 15 + 21 + 22)
    parts = {part.name: part for part in make_report(subject)}
    assert any(GUESS in part.notes for part in parts.values()) == guessed
    assert len(parts["scenario_0"].figures[0].rows) > 1


@pytest.mark.server
def test_no_text_of_theirs_breaks_out(foreign: Path, chromium: Browser) -> None:
    words = ("--mapping", "theirs.yaml", "--output")
    for name, given in (("alone", ["theirs.csv"]), ("beside", ["people", "--against", "theirs.csv"])):
        answer = synth("report", *given, *words, f"{name}.html", cwd=foreign)
        assert answer.code == 0, answer.err
        seen = chromium.look(foreign / f"{name}.html", 390, "light")
        assert (seen.said, seen.asked, seen.overflow, seen.faint) == ([], [], 0, [])
        assert [figure for figure, marks in seen.charts.items() if not marks] == []
        with chromium.page(foreign / f"{name}.html") as page:
            assert page.locator("script, img, [onerror]").count() == 0
            assert f"{BAD}1" in page.evaluate("[...document.querySelectorAll('td')].map((each) => each.textContent)")


def test_what_lint_has_said(places: Path) -> None:
    answer = synth("--json", "lint", "handbook", cwd=places)
    (places / "lint.json").write_text(answer.out)
    words = ("--with", "lint.json", "--format", "json", "--output", "linted.json")
    done = synth("report", "handbook", *words, cwd=places)
    assert done.code == 0, done.err
    [*_, part] = json.loads((places / "linted.json").read_text())["parts"]
    findings = answer.envelope["data"]["findings"]
    assert part["name"] == "lint"
    assert [row["message"] for row in part["figures"][0]["rows"]] == [finding["message"] for finding in findings] != []
    other = synth("report", "notebook", *words, "--overwrite", cwd=places)
    assert other.code == 3
    assert "is about" in other.err


def test_times_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "far.csv").write_text("when,card,paid,fraud\n1,1,1.5,0\n100000,1,2.5,1\n")
    (tmp_path / "far.yaml").write_text(
        "columns: {time: when, card: card, amount: paid, label: fraud}\ntime_unit: days\n"
    )
    answer = synth("report", "far.csv", "--mapping", "far.yaml", "--format", "md", cwd=tmp_path)
    assert (answer.code, answer.out) == (3, "")
    assert "the times of far.csv span more than 200 years" in answer.err


def test_an_episode_without_amounts_is_told(tmp_path: Path) -> None:
    fields = "columns.fields=[{name: id, source: event_id}, {name: at, source: time}, {name: who, source: card_number}]"
    words = ("scenario=card_chain", "generator.transactions=2000", "population.cards=100", fields)
    made = synth("run", *words, "sink.parquet.uri=unpriced", cwd=tmp_path)
    assert made.code == 0, made.err
    part = report(tmp_path / "unpriced")["scenario_0"]
    assert part.notes[-1] == "The view shows no amounts: no episode can be drawn."
    assert not part.figures


def test_no_secret_stands_in_a_report(tmp_path: Path) -> None:
    words = (
        "scenario=card_chain",
        "generator.transactions=2000",
        "population.cards=100",
        f"+vars.mail.password={CANARY}",
    )
    answer = synth("report", *words, "--format", "json", cwd=tmp_path)
    assert answer.code == 0, answer.err
    assert "vars.mail.password=***" in (written := (tmp_path / "report.json").read_text())
    linted = synth("--json", "lint", *words, cwd=tmp_path)
    assert "vars.mail.password=***" in linted.out
    assert CANARY not in answer.out + answer.err + written + linted.out + linted.err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("theirs.csv",), 2, "theirs.csv is a file: --mapping says"),
        (("people", "--against", "theirs.csv"), 2, "theirs.csv is a file: --mapping says"),
        (("people", "--mapping", "theirs.yaml"), 2, "--mapping explains files, and there are none"),
        (("people", "--against", "nowhere"), 3, "nowhere holds no synth run"),
        (("people", "--with", "none.json"), 3, "none.json cannot be read"),
        (("people", "--with", "theirs.yaml"), 3, "theirs.yaml is no JSON"),
        (("people", "--with", "other.json"), 3, "no answer that a report has a place for: synth lint --json"),
        (("people", "--with", "failed.json"), 3, "holds what went wrong with synth lint"),
        (("people", "--with", "odd.json"), 3, "odd.json has another form than is known here"),
    ],
)
def test_mistakes(words: tuple[str, ...], code: int, message: str, foreign: Path) -> None:
    (foreign / "other.json").write_text('{"command": "stats", "data": {}}')
    (foreign / "failed.json").write_text('{"command": "lint", "data": null}')
    (foreign / "odd.json").write_text('{"command": "lint", "data": {"rows": 1}}')
    answer = synth("report", *words, "--format", "md", "--output", "never.md", cwd=foreign)
    assert (answer.code, answer.out) == (code, "")
    assert message in answer.err
    assert not (foreign / "never.md").exists()


@pytest.mark.parametrize(
    ("words", "output"),
    [
        (("{csv}", "--mapping", "{map}"), "{csv}"),
        (("{csv}", "--mapping", "{map}"), "{map}"),
        (("{place}",), "{place}/_manifest.json"),
        (("{place}",), "{place}/README.md"),
        (("{place}",), "{place}/transactions/report.md"),
    ],
)
def test_what_is_read_is_not_written_over(words: tuple[str, ...], output: str, foreign: Path, tmp_path: Path) -> None:
    place = tmp_path / "out"
    assert synth("run", *SMALL, f"sink.parquet.uri={place}", cwd=tmp_path).code == 0
    names = {"csv": foreign / "theirs.csv", "map": foreign / "theirs.yaml", "place": place}
    target = Path(output.format(**names))
    before = target.read_bytes() if target.exists() else None
    told = [word.format(**names) for word in words]
    answer = synth("report", *told, "--format", "md", "--output", str(target), "--overwrite", cwd=tmp_path)
    assert (answer.code, "which is read: choose another --output" in answer.err) == (3, True), answer.err
    assert (target.read_bytes() if target.exists() else None) == before


def test_a_report_beside_the_tables_is_none_of_their_files(tmp_path: Path) -> None:
    place = tmp_path / "out"
    assert synth("run", *SMALL, f"sink.parquet.uri={place}", cwd=tmp_path).code == 0
    for _ in range(2):
        command = ("report", str(place), "--format", "md", "--output", str(place / "report.md"), "--overwrite")
        assert synth(*command, cwd=tmp_path).code == 0
    assert synth("verify", str(place), cwd=tmp_path).code == 0


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("latin.csv", "t,c,a,l,Städte\n2022-01-01,k,1,0,x\n".encode("latin1"), "a column's name is no UTF-8 text"),
        ("deep.yaml", b"[" * 3000, "the mapping is no YAML"),
        ("deep.json", b"[" * 100_000, "is no JSON"),
    ],
)
def test_files_that_no_reader_takes_are_one_line(
    name: str, content: bytes, told: str, foreign: Path, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    words = {
        "latin.csv": (name, "--mapping", str(foreign / "theirs.yaml")),
        "deep.yaml": (str(foreign / "theirs.csv"), "--mapping", name),
        "deep.json": (str(foreign / "theirs.csv"), "--mapping", str(foreign / "theirs.yaml"), "--with", name),
    }
    answer = synth("report", *words[name], "--format", "md", cwd=tmp_path)
    assert answer.code in (2, 3)
    assert told in answer.err
    assert "internal error" not in answer.err


def test_refunds_do_not_hide_an_episode(tmp_path: Path) -> None:
    rows = [
        f"2024-03-{1 + i // 24:02d} {i % 24:02d}:00:00,{i % 4},{-5 if i % 3 else 9},{int(30 <= i < 42)}"
        for i in range(240)
    ]
    (tmp_path / "rows.csv").write_text("\n".join(["when,card,paid,fraud", *rows]))
    (tmp_path / "map.yaml").write_text("columns: {time: when, card: card, amount: paid, label: fraud}")
    subject = subject_of(read_foreign([tmp_path / "rows.csv"], tmp_path / "map.yaml"))
    part = {part.name: part for part in make_report(subject)}["scenario_0"]
    names = [figure.name.removeprefix("scenario_0_") for figure in part.figures]
    assert names == ["episode", "genuine", "alike", "life"]
    assert len(part.figures[2].rows) == len(part.figures[0].rows) == 3


def test_every_answer_that_has_a_part_is_that_of_a_command() -> None:
    assert {*PARTS} <= make_parser().commands().keys()
