"""Verify passes what a run made, and names the check that fails for each way to spoil it."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synth import run
from synth.check.reader import open_output
from synth.check.verify import Report, verify
from synth.check.verify.ids import PLAIN_ID, UniqueIds
from synth.check.verify.rows import CardSeconds, ReadRows, is_luhn_valid
from synth.config.catalog import load_catalog
from synth.errors import RefusedError
from synth.tables.digest import digest_batch, digest_run, digest_table
from tests.outputs import read_manifest, table_file, write_manifest
from tests.servers import S3Server

SMALL = ("scenario=card_chain", "generator.transactions=4000", "block_rows=900", "population.cards=300")
CATALOG = load_catalog()
PLUGIN = Path(__file__).parents[2] / "plugins/examples/card_testing.py"


def write(uri: Path | str, *options: str, recipe: tuple[str, ...] = SMALL, sink: str = "csv") -> str:
    run(*recipe, f"sink={sink}", f"sink.{sink}.uri={uri}", *(f"sink.{sink}.{option}" for option in options))
    return str(uri)


def failed(report: Report) -> dict[str, str]:
    for check in report.checks:
        assert "\n" not in check.detail
        assert check.detail
    return {check.name: check.detail for check in report.failed}


def unchecked(report: Report) -> dict[str, str]:
    return {check.name: check.detail for check in report.checks if check.ok is None}


@dataclass
class Spoiler:
    """An output of CSV files and how to change it, with or without a manifest that fits."""

    path: Path

    @property
    def manifest(self) -> dict[str, Any]:
        content: dict[str, Any] = read_manifest(self.path)
        return content

    @manifest.setter
    def manifest(self, content: dict[str, Any]) -> None:
        write_manifest(self.path, content)

    def edit_manifest(self, edit: Callable[[dict[str, Any]], object]) -> None:
        content = self.manifest
        edit(content)
        self.manifest = content

    def read(self, table: str = "transactions") -> Any:
        return pd.read_csv(table_file(self.path, table), dtype=str, keep_default_na=False)

    def write(self, frame: Any, table: str = "transactions") -> None:
        frame.to_csv(table_file(self.path, table), index=False, lineterminator="\n")
        self.mend()

    def edit(self, table: str, column: str, row: int, value: object) -> None:
        frame = self.read(table)
        assert frame.loc[row, column] != str(value)
        frame.loc[row, column] = str(value)
        self.write(frame, table)

    def mend(self) -> None:
        """Makes the manifest fit the files: rows, bytes, sha256 and digests."""
        content = self.manifest
        for name, entry in content["tables"].items():
            for file in entry["files"]:
                data = (self.path / file["name"]).read_bytes()
                file |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            output = open_output(str(self.path))
            table = pa.Table.from_batches(output.batches(name), output.schema(name))
            largest = int(np.argmax(entry["block_rows"]))
            entry["block_rows"][largest] += table.num_rows - entry["rows"]
            entry["rows"] = table.num_rows
            ends = np.cumsum(entry["block_rows"]).tolist()
            blocks = [table.slice(end - n, n) for end, n in zip(ends, entry["block_rows"], strict=True)]
            batches = [
                pa.RecordBatch.from_arrays(
                    [pa.concat_arrays(c.chunks or [pa.array([], c.type)]) for c in b.columns], schema=table.schema
                )
                for b in blocks
            ]
            entry["digest"] = digest_table(table.schema, map(digest_batch, batches))
        content["digest"] = digest_run({name: entry["digest"] for name, entry in content["tables"].items()})
        self.manifest = content

    def report(self) -> Report:
        return verify(str(self.path), catalog=CATALOG)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(write(tmp_path_factory.mktemp("made") / "out"))


@pytest.fixture
def out(made: Path, tmp_path: Path) -> Spoiler:
    return Spoiler(Path(shutil.copytree(made, tmp_path / "copy")))


@pytest.fixture(scope="module")
def made_full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe = (*SMALL, "columns=full", "population.profile=faker")
    return Path(write(tmp_path_factory.mktemp("made") / "full", recipe=recipe))


@pytest.fixture
def full(made_full: Path, tmp_path: Path) -> Spoiler:
    return Spoiler(Path(shutil.copytree(made_full, tmp_path / "copy")))


def tid(row: Any) -> str:
    return hashlib.md5(f"{row['datetime']}{row['cc_num']}{row['amount']}".encode()).hexdigest()


def genuine(frame: Any) -> list[int]:
    """Rows of which no neighbour is fraud and that no sample meets."""
    labels = frame["fraud_label"] == "0"
    quiet = labels & labels.shift(1, fill_value=False) & labels.shift(-1, fill_value=False)
    return [int(row) for row in np.flatnonzero(quiet) if 0 < row % 50 < 49]


# What is right.


@pytest.mark.parametrize(
    ("sink", "options"),
    [
        ("csv", ("layout=parts", "compression=gzip", "header=false")),
        ("csv", ("compression=zstd",)),
        ("jsonl", ("compression=gzip",)),
        ("jsonl", ("layout=parts", "compression=zstd")),
        ("parquet", ()),
    ],
)
@pytest.mark.parametrize("view", ["notebook", "full"])
def test_every_format_passes(sink: str, options: tuple[str, ...], view: str, tmp_path: Path) -> None:
    recipe = (*SMALL, f"columns={view}", "population.profile=faker")
    report = verify(write(tmp_path, *options, recipe=recipe, sink=sink), catalog=CATALOG)
    assert failed(report) == {}
    assert report.ok
    assert unchecked(report) == {}


@pytest.mark.parametrize("sink", ["csv", "jsonl", "parquet"])
def test_a_view_of_little_is_checked_where_it_can_be(sink: str, tmp_path: Path) -> None:
    columns = "columns.fields=[{name: day, source: time, format: '%Y-%m-%d'},{name: cents, source: amount_minor}]"
    report = verify(write(tmp_path, recipe=(*SMALL, columns), sink=sink), catalog=CATALOG)
    assert failed(report) == {}
    reasons = unchecked(report)
    assert not {"ids hashed", "cards", "event ids", "role of rows"} & {check.name for check in report.checks}
    if sink == "parquet":
        assert reasons["scenario card_chain"] == "the view shows no card"
        assert "time order" not in reasons
    else:
        assert reasons["digest of transactions"] == "day is printed as %Y-%m-%d, without the whole time"
        assert reasons["time order"] == "the view shows no time"
        assert reasons["scenario card_chain"] == "the view shows no time and no card"
    assert "episodes: amount" not in reasons


@pytest.mark.parametrize("mode", ["replace", "add"])
def test_the_control_world_and_an_added_plugin(mode: str, tmp_path: Path) -> None:
    assert failed(verify(write(tmp_path / "control", recipe=SMALL[1:]), catalog=CATALOG)) == {}
    recipe = (*SMALL[1:], "scenario=[card_chain,card_testing]", f"scenario.card_chain.mode={mode}")
    uri = f"sink.parquet.uri={tmp_path / 'plugin'}"
    result = run(*recipe, uri, plugin_files=[PLUGIN])
    report = verify(str(tmp_path / "plugin"), catalog=load_catalog([PLUGIN]))
    assert failed(report) == {}
    assert [check.ok for check in report.checks if check.name == "scenario card_testing"] == [True]
    assert {*result.manifests["parquet"]["counts"]["scenarios"]} == {"card_chain", "card_testing"}
    missing = unchecked(verify(str(tmp_path / "plugin"), catalog=CATALOG))
    told = "no scenario kind named 'card_testing': load the plugin that provides it"
    assert missing["recipe"] == missing["scenario card_testing"] == told


def test_s3(moto: S3Server, monkeypatch) -> None:
    for key, value in moto.environ().items():
        monkeypatch.setenv(key, value)
    client = moto.client()
    client.create_bucket(Bucket="verify")
    for sink in ("csv", "parquet"):
        uri = write(f"s3://verify/{sink}", recipe=SMALL, sink=sink)
        assert failed(verify(uri, catalog=CATALOG)) == {}
    client.delete_object(Bucket="verify", Key="parquet/transactions/part-00001.parquet")
    client.put_object(Bucket="verify", Key="parquet/transactions/part-00009.parquet", Body=b"")
    found = failed(verify("s3://verify/parquet", catalog=CATALOG))
    assert found["files"].startswith("transactions/part-00001.parquet is missing")
    assert found["foreign files"] == "transactions/part-00009.parquet is not a file of this run"
    assert found["rows of transactions"].startswith("transactions/part-00001.parquet is missing")


def test_no_run(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="holds no synth run"):
        verify(str(tmp_path), catalog=CATALOG)


# What is wrong, with a manifest that does not fit.


def test_a_flipped_byte(out: Spoiler) -> None:
    file = out.path / "transactions.csv"
    data = bytearray(file.read_bytes())
    place = data.index(b".", data.index(b"\n")) - 1
    data[place] ^= 1
    file.write_bytes(data)
    found = failed(out.report())
    assert found["files"].startswith("transactions.csv has sha256 ")
    assert set(found) == {"files", "digest of transactions", "digest of the run", "ids hashed"}
    assert found["ids hashed"].startswith("the id of row 0 is not the md5 of ")


def test_a_dropped_row(out: Spoiler) -> None:
    file = out.path / "transactions.csv"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:-1]))
    found = failed(out.report())
    assert found["files"].startswith("transactions.csv has ")
    assert found["rows of transactions"] == "3,999 rows, not 4,000, in blocks of 4,000"
    assert "digest of transactions" in found


def test_a_missing_and_a_truncated_file(out: Spoiler) -> None:
    labels = table_file(out.path, "labels")
    whole = labels.read_bytes()
    labels.write_bytes(whole[:-1])
    report = out.report()
    assert failed(report)["rows of labels"].endswith("it does not end with a line end: it is truncated")
    assert unchecked(report)["truth"] == "labels cannot be read"
    labels.unlink()
    report = out.report()
    assert failed(report)["files"].startswith("_truth/labels.csv is missing")
    assert unchecked(report)["counts"] == "labels or episodes cannot be read"


def test_a_truncated_parquet_part(tmp_path: Path) -> None:
    uri = write(tmp_path, sink="parquet")
    part = tmp_path / "transactions/part-00002.parquet"
    part.write_bytes(part.read_bytes()[:-9])
    report = verify(uri, catalog=CATALOG)
    found = failed(report)
    assert set(found) == {"files", "rows of transactions"}
    assert all(detail.startswith("transactions/part-00002.parquet") for detail in found.values())
    assert unchecked(report)["time order"] == "the transactions cannot be read"


@pytest.mark.parametrize("name", ["transactions/part-00000.csv", "labels.csv.gz", "rest.csv"])
def test_a_foreign_file(out: Spoiler, name: str) -> None:
    (out.path / name).parent.mkdir(exist_ok=True)
    (out.path / name).write_bytes(b"")
    (out.path / "_notes.txt").write_bytes(b"mine")
    assert failed(out.report()) == {"foreign files": f"{name} is not a file of this run"}


@pytest.mark.parametrize(
    ("edit", "check", "detail"),
    [
        (lambda m: m["counts"].update(fraud=11), "counts", "the manifest counts fraud 11, the tables hold 10"),
        (lambda m: m["counts"].update(transactions=1), "counts", "the manifest counts transactions 1, the"),
        (
            lambda m: m["counts"]["scenarios"]["card_chain"].update(episodes=9),
            "counts",
            "the manifest counts scenarios",
        ),
        (lambda m: m.update(digest="0"), "digest of the run", "it is "),
        (lambda m: m["tables"]["labels"].update(digest="0"), "digest of labels", "it is "),
        (lambda m: m["tables"]["labels"]["block_rows"].append(1), "rows of labels", "10 rows, not 10, in blocks of 11"),
        (lambda m: m["recipe"].update(seed=124), "recipe", "its fingerprint is "),
    ],
)
def test_an_edited_manifest(out: Spoiler, edit: Callable[[dict[str, Any]], object], check: str, detail: str) -> None:
    out.edit_manifest(edit)
    found = failed(out.report())
    assert found[check].startswith(detail)
    if check == "rows of labels":
        assert set(found) == {check, "digest of labels", "digest of the run"}
    else:
        assert set(found) == {check}


def refinger(content: dict[str, Any]) -> None:
    recipe = json.dumps(content["recipe"], sort_keys=True)
    content["fingerprint"] = hashlib.sha256(recipe.encode()).hexdigest()


@pytest.mark.parametrize(
    ("edit", "check", "detail"),
    [
        (
            lambda r: r["scenario"]["card_chain"].update(ratio=0.003),
            "scenario card_chain",
            "10 fraud rows instead of 12",
        ),
        (
            lambda r: r["generator"].update(transactions=4100),
            "counts",
            "4,000 transactions, but the recipe makes 4,100",
        ),
        (lambda r: r["population"].update(cards=200), "cards", "more than 200 card numbers"),
        (lambda r: r["timeline"].update(end="2022-05-01"), "window", "row "),
        (lambda r: r["amount"].update(buckets=[]), "recipe", "it cannot be made: ValidationError"),
    ],
)
def test_an_edited_recipe(out: Spoiler, edit: Callable[[dict[str, Any]], object], check: str, detail: str) -> None:
    out.edit_manifest(lambda content: edit(content["recipe"]))
    out.edit_manifest(refinger)
    report = out.report()
    assert failed(report)[check].startswith(detail)
    assert set(failed(report)) <= {check, "scenario card_chain"}
    if check == "recipe":
        assert unchecked(report)["scenario card_chain"].startswith("it cannot be made")


# What is wrong, with a manifest that fits: only the meaning tells.


def test_a_mended_manifest_hides_nothing_else(out: Spoiler) -> None:
    before = out.manifest
    out.mend()
    assert out.manifest == before
    assert out.report().ok


def test_an_amount_that_its_id_does_not_know(out: Spoiler) -> None:
    out.edit("transactions", "amount", 50, "0.01")
    assert set(failed(out.report())) == {"ids hashed"}


def test_a_dropped_row_with_counts_that_agree(out: Spoiler) -> None:
    frame = out.read()
    out.write(frame.drop(index=genuine(frame)[-1]))
    out.edit_manifest(lambda content: content["counts"].update(transactions=3999))
    assert failed(out.report())["counts"] == "3,999 transactions, but the recipe makes 4,000"


def test_two_swapped_rows(out: Spoiler) -> None:
    frame = out.read()
    row = next(r for r in genuine(frame) if frame.loc[r, "datetime"] != frame.loc[r + 1, "datetime"])
    frame.iloc[[row, row + 1]] = frame.iloc[[row + 1, row]].to_numpy()
    out.write(frame)
    assert failed(out.report()) == {"time order": f"row {row + 1:,} is earlier than the row before it"}


def test_a_deleted_label(out: Spoiler) -> None:
    out.write(out.read("labels").iloc[1:], "labels")
    found = failed(out.report())
    assert found["counts"] == "the manifest counts fraud 10, the tables hold 9"
    assert found["fraud_label"].endswith("has fraud_label 1 and no label")
    assert found["episodes"].startswith("episode 0 has ")
    assert found["scenario card_chain"] == "9 fraud rows instead of 10"


@pytest.mark.parametrize("value", ["1", "2"])
def test_a_changed_fraud_label(out: Spoiler, value: str) -> None:
    row = genuine(out.read())[3]
    out.edit("transactions", "fraud_label", row, value)
    assert failed(out.report()) == {"fraud_label": f"row {row} has fraud_label {value} and no label"}


def test_a_chain_event_moved_by_ten_minutes(out: Spoiler) -> None:
    rows, labels, episodes = out.read(), out.read("labels"), out.read("episodes")
    moved = int(labels["event_id"].iloc[-1])
    assert labels["episode_id"].iloc[-1] == episodes["episode_id"].iloc[-1]
    later = pd.Timestamp(rows.loc[moved, "datetime"]) + pd.Timedelta(minutes=10)
    rows.loc[moved, "datetime"] = str(later)
    rows.loc[moved, "tid"] = tid(rows.loc[moved])
    ordered = rows.sort_values("datetime", kind="stable")
    labels.loc[len(labels) - 1, "tid"] = rows.loc[moved, "tid"]
    labels["event_id"] = np.flatnonzero(ordered["fraud_label"] == "1").astype(str)
    episodes.loc[len(episodes) - 1, "last_time"] = later.strftime("%Y-%m-%dT%H:%M:%SZ")
    out.write(ordered)
    out.write(labels, "labels")
    out.write(episodes, "episodes")
    last = int(episodes["episode_id"].iloc[-1])
    assert failed(out.report()) == {"scenario card_chain": f"episode {last} has a gap out of bounds (1 in all)"}


def test_a_duplicated_id(out: Spoiler) -> None:
    frame = out.read()
    first, second = genuine(frame)[5], genuine(frame)[-5]
    out.edit("transactions", "tid", second, frame.loc[first, "tid"])
    assert failed(out.report()) == {"ids unique": f"id {frame.loc[first, 'tid']} comes 2 times"}


def test_an_id_that_is_none(out: Spoiler) -> None:
    out.edit("transactions", "tid", genuine(out.read())[5], "x" * 32)
    found = failed(out.report())
    assert set(found) == {"ids unique"}
    assert re.fullmatch(r"an id in rows 0 to \d+ is not 32 hex digits", found["ids unique"])


def test_an_event_outside_the_window(out: Spoiler) -> None:
    frame = out.read()
    last = len(frame) - 1
    frame.loc[last, "datetime"] = "2022-06-01 00:00:00"
    frame.loc[last, "tid"] = tid(frame.loc[last])
    out.write(frame)
    told = f"row {last:,} is at 2022-06-01 00:00:00+00:00, outside timeline"
    assert failed(out.report()) == {"window": told}


def test_one_card_twice_in_a_second(out: Spoiler) -> None:
    frame = out.read()
    row = genuine(frame)[7]
    frame.loc[row + 1, ["datetime", "cc_num"]] = frame.loc[row, ["datetime", "cc_num"]]
    frame.loc[row + 1, "tid"] = tid(frame.loc[row + 1])
    out.write(frame)
    assert failed(out.report()) == {"card and second": f"rows {row} and {row + 1} are of one card in one second"}


def test_a_card_number_with_a_wrong_digit(out: Spoiler) -> None:
    frame = out.read()
    row = genuine(frame)[7]
    wrong = frame.loc[row, "cc_num"][:-1] + str((int(frame.loc[row, "cc_num"][-1]) + 1) % 10)
    frame.loc[row, "cc_num"] = wrong
    frame.loc[row, "tid"] = tid(frame.loc[row])
    out.write(frame)
    assert failed(out.report()) == {"cards": f"card number '{wrong}' is not Luhn-valid"}


def test_labels_of_other_rows(out: Spoiler) -> None:
    labels = out.read("labels")
    event = int(labels["event_id"].iloc[0])
    out.edit("labels", "tid", 0, "0" * 32)
    assert failed(out.report()) == {"labels": f"the label of row {event:,} has another id than the row"}
    out.write(labels.iloc[::-1], "labels")
    report = out.report()
    assert failed(report)["labels"] == "label 1 is not of a later event than the one before"
    assert unchecked(report)["truth"] == "the labels do not name the rows"
    out.write(labels, "labels")
    out.edit("labels", "event_id", len(labels) - 1, "4000")
    assert failed(out.report())["labels"] == "there is no event 4000"


@pytest.mark.parametrize(
    ("table", "column", "value", "check", "detail"),
    [
        ("episodes", "amount_minor", "1", "episodes: amount", "episode 0 has another amount than its rows"),
        ("episodes", "first_time", "2022-01-01T00:00:00Z", "episodes: time", "episode 0 has another time"),
        ("episodes", "card_number", "4000000000000002", "episodes: card", "episode 0 has another card"),
        ("episodes", "events", "99", "episodes", "episode 0 has "),
        ("episodes", "episode_id", "1", "episodes", "episode 0 is missing"),
        ("labels", "role", "boss", "scenario card_chain", "role 'boss' is not one of head, follower"),
        ("labels", "role", "follower", "scenario card_chain", "episode 0 does not start with its head"),
        ("labels", "episode_id", "99", "episodes", "a label names an episode that is not there"),
        ("labels", "scenario", "other", "episodes", "a label of episode 0 has another scenario"),
    ],
)
def test_truth_that_contradicts_itself(
    out: Spoiler, table: str, column: str, value: str, check: str, detail: str
) -> None:
    out.edit(table, column, 0, value)
    found = failed(out.report())
    assert found[check].startswith(detail)
    assert set(found) <= {check, "scenario card_chain", "counts"}


@pytest.mark.parametrize(
    ("column", "check"),
    [("scenario", "scenario of rows"), ("episode_id", "episode_id of rows"), ("role", "role of rows")],
)
def test_truth_columns_of_the_rows(full: Spoiler, column: str, check: str) -> None:
    row = genuine(full.read())[2]
    full.edit("transactions", column, row, "7")
    assert failed(full.report()) == {check: f"row {row} has {column} 7, its label says otherwise"}
    fraud = int(full.read("labels")["event_id"].iloc[0])
    full.edit("transactions", column, row, "")
    full.edit("transactions", column, fraud, "")
    assert failed(full.report()) == {check: f"row {fraud:,} has {column} None, its label says otherwise"}


def test_event_ids_and_holders(full: Spoiler) -> None:
    holders = full.read("holders")
    full.edit("transactions", "event_id", 77, "78")
    assert failed(full.report()) == {"event ids": "row 77 has event id 78"}
    full.edit("transactions", "event_id", 77, "77")
    full.write(holders.iloc[1:], "holders")
    assert failed(full.report()) == {"cards": "table holders has 299 different cards in 299 rows, not 300"}
    full.write(holders, "holders")
    full.edit("holders", "card_number", 0, "4000000000000002")
    assert failed(full.report())["cards"].endswith("is not in table holders")


# The parts.


def test_ids_that_agree_in_their_prefix_are_compared_in_full() -> None:
    def check(*tids: str) -> str:
        column = pa.array(tids)
        unique = UniqueIds(len(tids), lambda: iter([column]), PLAIN_ID)
        unique.see(ReadRows(0, len(tids), {"tid": column}, np.empty(0, dtype=np.int64)))
        return unique.result().detail

    assert check("a" * 32, "a" * 31 + "b", "c" * 32) == "3 ids, all different"
    assert check("a" * 32, "a" * 31 + "b", "a" * 32) == f"id {'a' * 32} comes 2 times"


def test_a_card_and_second_twice_across_blocks() -> None:
    check = CardSeconds()
    none = np.empty(0, dtype=np.int64)
    for first, seconds, cards in [(0, [1, 2, 2], "aab"), (3, [], ""), (3, [2, 2], "cd"), (5, [2, 3], "ba")]:
        time = pa.array([s * 1_000_000 for s in seconds], pa.timestamp("us", tz="UTC"))
        card = pa.array(list(cards), pa.string())
        check.see(ReadRows(first, len(seconds), {"time": time, "card": card}, none))
    assert check.problem == "rows 2 and 5 are of one card in one second"


def test_luhn() -> None:
    assert is_luhn_valid("4111111111111111")
    assert is_luhn_valid("378282246310005")
    assert not is_luhn_valid("4111111111111112")
    assert not is_luhn_valid("4111 1111")
    assert not is_luhn_valid("٤١")
