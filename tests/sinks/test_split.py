"""The transactions in parts by time: who has which rows, what is refused, and that nothing else changes."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.commands import synth as cli

SMALL = ("scenario=card_chain", "generator.transactions=6000", "block_rows=1000", "population.cards=400")
STARTS = {"train": "", "delay": "2022-04-01", "test": "2022-04-08T12:00:00"}
SPLIT = "{train: null, delay: 2022-04-01, test: 2022-04-08T12:00:00}"


def run(sink: str, into: Path, *words: str, split: str = SPLIT) -> dict[str, Any]:
    chosen = (f"sink={sink}", f"sink.{sink}.uri={into}", f"+sink.{sink}.split={split}")
    answer = cli("run", *SMALL, *chosen, *words, "--quiet", cwd=into.parent)
    assert (answer.code, answer.err) == (0, "")
    verified = cli("verify", str(into), cwd=into.parent)
    assert verified.code == 0, verified.out
    path = into / "_truth" / "_manifest.json"
    found: dict[str, Any] = json.loads((path if path.exists() else into / "_manifest.json").read_text())
    return found


def part_of(at: str) -> str:
    return [name for name, start in STARTS.items() if start.replace("T", " ") <= at.replace("T", " ")][-1]


def test_lines_come_into_a_file_a_part(tmp_path: Path) -> None:
    manifest = run("csv", tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["_truth", "delay.csv", "test.csv", "train.csv"]
    files = [file["name"] for file in manifest["tables"]["transactions"]["files"]]
    assert files == ["train.csv", "delay.csv", "test.csv"]
    assert "`train.csv`, `delay.csv`, `test.csv`" in (tmp_path / "out" / "_truth" / "README.md").read_text()
    rows = 0
    for name in files:
        with (tmp_path / "out" / name).open() as lines:
            own = list(csv.DictReader(lines))
        assert {part_of(row["datetime"]) for row in own} == {name.removesuffix(".csv")}
        rows += len(own)
    assert rows == 6000


@pytest.mark.parametrize(
    ("sink", "words"),
    [
        ("csv", ("sink.csv.layout=parts",)),
        ("jsonl", ()),
        ("jsonl", ("sink.jsonl.compression=gzip",)),
        ("jsonl", ("sink.jsonl.layout=parts",)),
        ("parquet", ()),
        ("parquet", ("sink.parquet.partition_by=[month]",)),
        ("parquet", ("runner=processes", "runner.workers=2")),
    ],
)
def test_each_format_holds_the_same_rows(sink: str, words: tuple[str, ...], tmp_path: Path) -> None:
    plain = cli("run", *SMALL, "sink=parquet", f"sink.parquet.uri={tmp_path / 'plain'}", "--json", cwd=tmp_path)
    assert run(sink, tmp_path / "out", *words)["digest"] == plain.envelope["data"]["digest"]


def test_blocks_are_cut_at_the_moment(tmp_path: Path) -> None:
    run("parquet", tmp_path / "out")
    for name in STARTS:
        table: pa.Table = pq.read_table(tmp_path / "out" / "transactions" / f"split={name}", partitioning=None)
        assert table.num_rows
        assert {part_of(str(at)[:19]) for at in table["datetime"].to_pylist()} == {name}


def test_a_part_without_rows_has_a_file_all_the_same(tmp_path: Path) -> None:
    split = "{train: null, none: 2022-05-31T23:59:58, test: 2022-05-31T23:59:59}"
    run("csv", tmp_path / "out", split=split)
    assert (tmp_path / "out" / "none.csv").read_text() == "tid,datetime,cc_num,amount,fraud_label\n"


def test_a_second_run_replaces_all_parts(tmp_path: Path) -> None:
    run("csv", tmp_path / "out")
    run("csv", tmp_path / "out", "--overwrite", split="{early: null, late: 2022-05-01}")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["_truth", "early.csv", "late.csv"]
    words = ("sink=csv", f"sink.csv.uri={tmp_path / 'out'}")
    refused = cli("run", *SMALL, *words, cwd=tmp_path)
    assert refused.code == 3


def test_a_row_in_the_wrong_part_is_found(tmp_path: Path) -> None:
    run("csv", tmp_path / "out")
    train, delay = tmp_path / "out" / "train.csv", tmp_path / "out" / "delay.csv"
    first, second = train.read_text().splitlines(), delay.read_text().splitlines()
    train.write_text("\n".join([*first, second[1]]) + "\n")
    delay.write_text("\n".join([second[0], *second[2:]]) + "\n")
    assert cli("verify", str(tmp_path / "out"), cwd=tmp_path).code == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["+sink.csv.split={train: null}"], "the first part begins with the window, and another one follows"),
        (["+sink.csv.split={train: 2022-01-05, test: 2022-02-05}"], "the first part begins with the window"),
        (["+sink.csv.split={train: null, test: 2023-01-01}"], "'2023-01-01' is not after the part before it, within"),
        (
            ["+sink.csv.split={train: null, b: 2022-03-01, c: 2022-03-01}"],
            "split.c: '2022-03-01' is not after",
        ),
        (["+sink.csv.split={train: null, b: null}"], "only the first part begins with the window"),
        (["+sink.csv.split={a: null, b: 2022-03-01}", "sink.csv.describe=true"], "described for machines as a whole"),
        (["+sink.csv.split={train: null, test: soon}"], "'soon' is not a time"),
        (["+sink.csv.split={train: null, 2nd: 2022-03-01}"], "'2nd' cannot be the name of a part"),
        (["+sink.csv.split={a: null, b: 2022-03-01}", "columns.drop=[datetime]"], "which the view does not show"),
        (["+sink.csv.split={a: null, b: 2022-03-01}", "+columns.rename.amount=split"], "the view has a column 'split'"),
    ],
)
def test_what_cannot_be_is_refused(words: list[str], told: str, tmp_path: Path) -> None:
    answer = cli("validate", "sink=csv", *words, cwd=tmp_path)
    assert answer.code == 2
    assert told in answer.err


@pytest.mark.parametrize("sink", ["csv", "jsonl"])
def test_a_part_may_be_called_as_another_table(sink: str, tmp_path: Path) -> None:
    parts = "{labels: null, label_events: 2022-02-01, episodes: 2022-03-01}"
    words = (f"sink={sink}", f"sink.{sink}.uri=out", f"+sink.{sink}.split={parts}", "reporting=week")
    assert cli("run", *SMALL, *words, cwd=tmp_path).code == 0
    answer = cli("verify", "out", cwd=tmp_path)
    assert answer.code == 0, answer.err
