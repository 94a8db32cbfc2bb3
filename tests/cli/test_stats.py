"""``synth stats``: tables for people, one JSON object for programs, one line for what is wrong."""

from pathlib import Path

import pytest

from tests.cli.commands import Answer, command, run_process, synth, synth_reading

pytestmark = pytest.mark.xdist_group("stats")

TINY = ("experiment=tiny", "timeline.end=2022-02-01", "scenario.card_chain.ratio=0.02")
NOTEBOOK = ("scenario=card_chain", "generator.transactions=3000", "population.cards=500", "sink=csv")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("stats")
    assert synth("run", *TINY, "sink.parquet.uri=people", cwd=made).code == 0
    assert synth("run", *NOTEBOOK, "sink.csv.uri=notebook", cwd=made).code == 0
    return made


def stats(directory: Path, *words: str) -> Answer:
    return synth_reading("stats", *words, cwd=directory)


def test_tables(directory: Path) -> None:
    answer = stats(directory, "people")
    assert (answer.code, answer.err) == (0, "")
    assert "\x1b" not in answer.out
    heads = [block.splitlines()[0].split() for block in answer.out.split("\n\n")]
    assert [" ".join(head[:3]) for head in heads] == [
        *("found recipe", "mean sd p1", "category rows recipe", "channel rows recipe", "currency rows recipe"),
        *("auth_result rows recipe", "decline_reason rows recipe", "‰ at hour", "month rows share"),
        *("scenario rows recipe", "without the recipe:"),
    ]
    assert answer.row("cards in use").split() == ["130", "130"]
    for name in ("rows", "bought where bought before (recipe: at least)", "contactless, of these", "standing orders"):
        assert len(answer.row(name).replace(" %", "%").split()) == 2


def test_what_the_view_leaves_out_is_one_line(directory: Path) -> None:
    answer = stats(directory, "notebook")
    [line] = [line for line in answer.out.splitlines() if line.startswith("left out: ")]
    assert "merchants: the view shows no merchant_id or terminal_id; " in line
    assert "category  " not in answer.out
    assert "genuine amounts" in answer.out


def test_json(directory: Path) -> None:
    answer = stats(directory, "--json", "people")
    assert (answer.code, answer.err) == (0, "")
    data = answer.envelope["data"]
    assert {"uri", "window", "rows", "time", "amounts", "cards", "merchants", "loyalty", "fraud", "shares"} <= {*data}
    assert data["left_out"] == []
    assert data["untold"] == ["standing orders have amounts of their own: no median of web_shop"]
    assert len(data["time"]["hours"]) == 24


def test_quiet(directory: Path) -> None:
    answer = stats(directory, "people", "--quiet")
    assert (answer.code, answer.out, answer.err) == (0, "", "")


def test_no_run(directory: Path) -> None:
    answer = stats(directory, "nowhere", "--json")
    told = "nowhere holds no synth run: there is no such folder"
    assert (answer.code, answer.one_line()) == (3, f"error: {told}")
    assert [error["message"] for error in answer.envelope["errors"]] == [told]
    assert stats(directory, "nowhere").out == ""


def test_a_damaged_file(tmp_path: Path) -> None:
    assert synth("run", *NOTEBOOK, "sink.csv.uri=out", cwd=tmp_path).code == 0
    file = tmp_path / "out" / "transactions.csv"
    file.write_bytes(file.read_bytes()[:-7])
    answer = stats(tmp_path, "out")
    assert (answer.code, answer.out) == (1, "")
    assert answer.one_line().startswith("error: transactions.csv in out cannot be read: ")
    assert synth("verify", "out", cwd=tmp_path).code == answer.code


def test_it_wants_one_place(tmp_path: Path) -> None:
    assert stats(tmp_path).code == 2
    assert stats(tmp_path, "a", "b").code == 2


def test_bars(directory: Path) -> None:
    answer = stats(directory, "people", "--plot")
    assert (answer.code, answer.err) == (0, "")
    plain = stats(directory, "people").out
    assert answer.out.startswith(plain.rstrip("\n"))
    parts = answer.out[len(plain) :].strip().split("\n\n")
    titles = [part.splitlines()[0] for part in parts]
    assert titles[:4] == [
        "payments by hour",
        "payments by weekday",
        "fraud, of a week's payments, and how many",
        "payments by category",
    ]
    data = stats(directory, "--json", "people").envelope["data"]
    weeks = [line.split()[-1] for line in parts[2].splitlines()[1:]]
    assert [int(count) for count in weeks] == [week["fraud_rows"] for week in data["time"]["weeks"] if week["rows"]]
    alone = [column for column, values in data["shares"].items() if len(values) == 1]
    assert alone
    assert not any(title.startswith(f"payments by {column}") for title in titles for column in alone)
    [reasons] = [part for part in parts if part.startswith("payments by decline_reason; ")]
    assert not any(line.startswith("null ") for line in reasons.splitlines())
    hours = stats(directory, "--json", "people").envelope["data"]["time"]["hours"]
    most = max(hour["found"] for hour in hours)
    for line, hour in zip(parts[0].splitlines()[1:], hours, strict=True):
        length = sum(8 if c == "█" else " ▏▎▍▌▋▊▉".index(c) for c in line[2:46].strip() if c in " ▏▎▍▌▋▊▉█")
        assert length == round(hour["found"] / most * 320)


def test_bars_on_a_narrow_screen_and_for_programs(directory: Path) -> None:
    narrow = run_process(command("stats", "people", "--plot"), cwd=directory, env={"COLUMNS": "20"})
    assert narrow.out.replace("\n", " ").rstrip().endswith("the screen is too narrow for it")
    ascii_only = run_process(command("stats", "people", "--plot"), cwd=directory, env={"PYTHONIOENCODING": "ascii"})
    assert "#####" in ascii_only.out
    assert ascii_only.out.isascii()
    both = stats(directory, "--json", "people", "--plot")
    assert both.code == 2
    assert "--plot draws on a screen" in both.err
