"""Verify of a noisy stream: what the answer key names is explained, and nothing else is."""

import hashlib
import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from synth import run
from synth.check.reader import open_output
from synth.check.stats import measure
from synth.check.verify import Report, verify
from synth.config.catalog import load_catalog
from synth.config.recipe import load_recipe
from synth.errors import InterruptedRun
from synth.stream import Progress, stream
from synth.tables.digest import digest_batch, digest_run, digest_table
from tests.cli import commands
from tests.outputs import read_manifest, table_file, write_manifest

SMALL = (
    *("generator.transactions=12000", "block_rows=1500", "population.cards=300", "timeline.end=2022-01-05"),
    *("scenario=card_chain", "scenario.card_chain.ratio=0.02"),
)
#: Blocks are half a day long: late rows come blocks later.
KINDS = {
    "disorder": ("noise.disorder.share=0.1",),
    "late": ("noise.late={share: 0.02, delay_s: {min: 60, max: 90000}}",),
    "duplicates": ("noise.duplicates={share: 0.03, delay_s: {min: 0, max: 90000}}",),
    "drops": ("noise.drops.share=0.01",),
}
ALL = tuple(word for words in KINDS.values() for word in words)
CLICKS = (
    *("experiment=tiny", "clicks=shop", "scenario=[account_takeover,card_chain]", "scenario.card_chain.ratio=0.05"),
    "scenario.account_takeover.ratio=0.08",
)
OBSERVED = "columns.fields=[{name: tid, source: tid},{name: at, source: time},{name: seen, source: observed_label}]"
Row = dict[str, Any]


def send(place: Path, *overrides: str, **options: Any) -> str:
    recipe, catalog, _ = load_recipe([*overrides, "sink=jsonl_stream", f"sink.jsonl_stream.uri={place}"])
    return stream(recipe, catalog, started=time.perf_counter(), **options).place


def look(place: Path | str) -> Report:
    return verify(str(place), catalog=load_catalog())


def failed(report: Report) -> dict[str, str]:
    return {check.name: check.detail for check in report.failed}


def unchecked(report: Report) -> dict[str, str]:
    return {check.name: check.detail for check in report.checks if check.ok is None}


def details(report: Report) -> dict[str, str]:
    return {check.name: check.detail for check in report.checks}


def manifest(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = read_manifest(place)
    return found


# what noise did


@pytest.mark.parametrize("view", ["notebook", "full"])
@pytest.mark.parametrize("kinds", [*KINDS, "without drops", "all"])
def test_what_the_key_names_is_explained(kinds: str, view: str, tmp_path: Path) -> None:
    words = {"without drops": ALL[:-1], "all": ALL}.get(kinds) or KINDS[kinds]
    send(tmp_path / "noisy", *SMALL, *words, f"columns={view}")
    report = look(tmp_path / "noisy")
    assert failed(report) == {}
    told = manifest(tmp_path / "noisy")
    key = [json.loads(line)["kind"] for line in table_file(tmp_path / "noisy", "noise").read_text().splitlines()]
    counted = ", ".join(f"{key.count(kind):,} {kind}" for kind in ("disorder", "late", "duplicate", "drop"))
    said = details(report)
    assert said["noise: key"] == f"{len(key):,} transactions: {counted}; delays as configured"
    assert said["rows sent"].startswith(f"{told['stream']['events']:,} rows were sent, {told['stream']['fraud']:,} of")
    dropped = key.count("drop")
    assert said["rows of transactions"].startswith(f"{12_000 - dropped:,} rows")
    lost = {"digest of transactions", "digest of the run", "scenario card_chain"} if dropped else set()
    assert set(unchecked(report)) == lost
    if not dropped:
        run(*SMALL, f"columns={view}", "sink=jsonl", f"sink.jsonl.uri={tmp_path}/batch")
        assert said["digest of transactions"] == manifest(tmp_path / "batch")["tables"]["transactions"]["digest"]


@pytest.mark.parametrize("view", ["notebook", "full"])
@pytest.mark.parametrize("words", [ALL[:-1], ALL], ids=["without drops", "all"])
def test_the_figures_are_those_of_the_rows_as_they_were_made(words: tuple[str, ...], view: str, tmp_path: Path) -> None:
    send(tmp_path / "noisy", *SMALL, *words, f"columns={view}")
    run(*SMALL, f"columns={view}", "sink=jsonl", f"sink.jsonl.uri={tmp_path}/batch")
    noisy, batch = (measure(f"{tmp_path}/{place}", catalog=load_catalog()) for place in ("noisy", "batch"))
    if words == ALL:
        dropped = table_file(tmp_path / "noisy", "noise").read_text().count('"drop"')
        assert noisy["rows"]["found"] == batch["rows"]["found"] - dropped < batch["rows"]["found"]
        assert noisy["fraud"]["rows"] <= batch["fraud"]["rows"]
    else:
        assert noisy == batch | {"uri": noisy["uri"]}


def test_drops_say_what_cannot_be_checked(tmp_path: Path) -> None:
    send(tmp_path, *SMALL, "noise.drops.share=0.05")
    said = unchecked(look(tmp_path))
    key = [json.loads(line) for line in table_file(tmp_path, "noise").read_text().splitlines()]
    labels = {json.loads(line)["tid"] for line in table_file(tmp_path, "labels").read_text().splitlines()}
    fraud = sum(row["tid"] in labels for row in key)
    assert fraud > 1
    assert said["digest of transactions"] == f"{len(key):,} rows of transactions never came, as the answer key says"
    assert said["scenario card_chain"] == f"{fraud} rows of it never came"
    assert details(look(tmp_path))["episodes: amount"].endswith(" that lost rows left out")


@pytest.mark.parametrize(
    ("recipe", "names"),
    [
        ((*CLICKS, "columns=payments"), ["purchases", "click labels"]),
        (
            (*("experiment=handbook_fixed", "timeline.end=2018-04-11", "reporting=noisy"), OBSERVED),
            ["reports", "observed_label"],
        ),
    ],
    ids=["clicks", "reports"],
)
def test_tables_that_name_lost_transactions(recipe: tuple[str, ...], names: list[str], tmp_path: Path) -> None:
    send(tmp_path, *recipe, "block_rows=3000", *ALL)
    report = look(tmp_path)
    assert failed(report) == {}
    said = details(report)
    assert "never came" in said["rows of transactions"]
    assert set(names) <= set(said) - set(unchecked(report))


def test_a_stream_that_went_on(tmp_path: Path) -> None:
    def interrupt(live: Progress) -> None:
        if live.at.block >= 1:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(InterruptedRun):
        send(tmp_path, *SMALL, *ALL, "clock=rate", "clock.rate.segments.0.events_per_s=2500", tell=interrupt)
    send(tmp_path, *SMALL, *ALL, resume=True)
    assert failed(look(tmp_path)) == {}


def test_the_answer_of_the_command(tmp_path: Path) -> None:
    send(tmp_path / "out", *SMALL, *ALL)
    answer = commands.synth("verify", "out", "--json", cwd=tmp_path)
    assert answer.code == 0
    checks = {check["name"]: check for check in answer.envelope["data"]["checks"]}
    about = ["noise: key", "noise: rows", "noise: order", "rows sent"]
    assert [name for name in checks if name in about or name.startswith("noise")] == about
    assert all(checks[name]["ok"] is True for name in about)


# what the key does not tell


def test_without_the_key_nothing_is_explained_and_nothing_blamed(tmp_path: Path) -> None:
    send(tmp_path, *SMALL, *ALL)
    content = manifest(tmp_path)
    table_file(tmp_path, "noise").unlink()
    del content["tables"]["noise"]
    write_manifest(tmp_path, content)
    report = look(tmp_path)
    assert failed(report) == {}
    why = "the answer key was not sent with the rows"
    said = unchecked(report)
    names = ("noise: key", "noise: rows", "noise: order", "rows of transactions", "digest of transactions", "truth")
    assert {said[name] for name in (*names, "digest of the run", "time order", "ids unique")} == {why}
    assert details(report)["rows sent"] == f"{content['stream']['events']:,} rows were sent"


def test_a_view_without_ids_cannot_be_laid_over(tmp_path: Path) -> None:
    send(tmp_path, *SMALL, *ALL, "columns.fields=[{name: at, source: time},{name: cents, source: amount_minor}]")
    report = look(tmp_path)
    assert failed(report) == {}
    assert unchecked(report)["noise: key"] == "the view shows neither event_id nor tid to lay the key over"


def test_a_view_without_times_is_put_in_order_all_the_same(tmp_path: Path) -> None:
    columns = "columns.fields=[{name: tid, source: tid},{name: cents, source: amount_minor}]"
    send(tmp_path, *SMALL, *ALL[:-1], columns)
    report = look(tmp_path)
    assert failed(report) == {}
    assert unchecked(report)["noise: order"] == "the view shows no time"


# what somebody did


class Spoiler:
    """A noisy stream whose rows are changed, under a manifest that fits the files, and the key if that is changed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, table: str) -> list[Row]:
        return [json.loads(line) for line in table_file(self.path, table).read_text().splitlines()]

    def write(self, table: str, rows: list[Row]) -> None:
        table_file(self.path, table).write_text("".join(json.dumps(r, separators=(",", ":")) + "\n" for r in rows))
        content = manifest(self.path)
        for entry in content["tables"].values():
            for file in entry["files"]:
                data = (self.path / file["name"]).read_bytes()
                file |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        if table == "transactions":
            content["stream"]["events"] = len(rows)
        write_manifest(self.path, content)
        if table == "noise":
            self.mend_key(content)

    def mend_key(self, content: dict[str, Any]) -> None:
        output = open_output(str(self.path))
        whole = pa.Table.from_batches(output.batches("noise"), output.schema("noise")).combine_chunks()
        [batch] = whole.to_batches()
        entry = content["tables"]["noise"]
        entry |= {"rows": batch.num_rows, "block_rows": [batch.num_rows]}
        entry["digest"] = digest_table(whole.schema, [digest_batch(batch)])
        content["digest"] = digest_run({name: each["digest"] for name, each in content["tables"].items()})
        write_manifest(self.path, content)

    def unnamed(self, rows: list[Row]) -> int:
        """A genuine row in the middle that the key does not name, nor those beside it."""
        named = {row["tid"] for row in self.read("noise")}
        for place in range(6001, len(rows)):
            around = rows[place - 1 : place + 2]
            if not any(row["tid"] in named or row["fraud_label"] for row in around):
                return place
        raise AssertionError("every row is named")

    def keyed(self, kind: str) -> tuple[int, str]:
        """An entry of the key in the middle: its place, and the transaction."""
        key = self.read("noise")
        places = [place for place, row in enumerate(key) if row["kind"] == kind and row["delay_us"] != 1]
        place = places[len(places) // 2]
        return place, key[place]["tid"]


@pytest.fixture(scope="module", params=["without drops", "all"])
def sent(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("sent") / "out"
    send(place, *SMALL, *(ALL if request.param == "all" else ALL[:-1]))
    return place


@pytest.fixture
def out(sent: Path, tmp_path: Path) -> Spoiler:
    spoiler = Spoiler(Path(shutil.copytree(sent, tmp_path / "copy")))
    for table in ("transactions", "noise"):
        spoiler.write(table, spoiler.read(table))
    assert failed(look(spoiler.path)) == {}
    return spoiler


def test_a_row_that_is_removed(out: Spoiler) -> None:
    rows = out.read("transactions")
    del rows[out.unnamed(rows)]
    out.write("transactions", rows)
    assert "rows of transactions" in failed(look(out.path))


def test_a_row_that_comes_twice(out: Spoiler) -> None:
    rows = out.read("transactions")
    place = out.unnamed(rows)
    rows.insert(place + 1, rows[place])
    out.write("transactions", rows)
    assert {"rows of transactions", "ids unique"} <= set(failed(look(out.path)))


def test_a_row_that_is_altered(out: Spoiler) -> None:
    rows = out.read("transactions")
    dropping = any(row["kind"] == "drop" for row in out.read("noise"))
    for row in rows[6000:6200] if dropping else [rows[out.unnamed(rows)]]:
        row["amount"] = row["amount"] + 1
    out.write("transactions", rows)
    assert ("ids hashed" if dropping else "digest of transactions") in failed(look(out.path))


def test_rows_that_are_moved(out: Spoiler) -> None:
    rows = out.read("transactions")
    place = out.unnamed(rows)
    rows.insert(place + 20, rows.pop(place))
    out.write("transactions", rows)
    assert {"noise: order", "time order"} <= set(failed(look(out.path)))


def test_a_late_row_that_comes_elsewhere(out: Spoiler) -> None:
    rows = out.read("transactions")
    _, tid = out.keyed("late")
    place = next(place for place, row in enumerate(rows) if row["tid"] == tid)
    rows.insert(place + 20, rows.pop(place))
    out.write("transactions", rows)
    assert set(failed(look(out.path))) == {"noise: order"}


@pytest.mark.parametrize("change", ["altered", "removed", "third"])
def test_a_copy(change: str, out: Spoiler) -> None:
    rows = out.read("transactions")
    _, tid = out.keyed("duplicate")
    place = [place for place, row in enumerate(rows) if row["tid"] == tid][1]
    if change == "altered":
        rows[place] = rows[place] | {"amount": rows[place]["amount"] + 1}
    elif change == "removed":
        del rows[place]
    else:
        rows.insert(place, rows[place])
    out.write("transactions", rows)
    told = {"altered": "its copy is another row", "removed": "it came once", "third": "it came 3 times"}[change]
    assert failed(look(out.path))["noise: rows"] == f"the key has transaction {tid} as duplicate, but {told}"


@pytest.mark.parametrize("kind", ["disorder", "late"])
def test_a_delayed_row_that_is_removed(kind: str, out: Spoiler) -> None:
    _, tid = out.keyed(kind)
    out.write("transactions", [row for row in out.read("transactions") if row["tid"] != tid])
    found = failed(look(out.path))
    assert found["noise: rows"] == f"the key has transaction {tid} as {kind}, but it never came"
    assert "rows of transactions" in found


@pytest.mark.parametrize("sent", ["all"], indirect=True)
@pytest.mark.parametrize("kind", ["late", "duplicate", "drop"])
def test_an_entry_of_the_key_that_is_removed(kind: str, out: Spoiler) -> None:
    key = out.read("noise")
    del key[out.keyed(kind)[0]]
    out.write("noise", key)
    assert {"late": "noise: order", "duplicate": "noise: order", "drop": "rows of transactions"}[kind] in failed(
        look(out.path)
    )


EDITS: dict[str, tuple[str, Callable[[Row], Row], str]] = {
    "delay": ("late", lambda row: {"delay_us": row["delay_us"] // 2 + 30_000_000}, "noise: order"),
    "long delay": ("late", lambda row: {"delay_us": 90_000_000_001}, "noise: key"),
    "delayed drop": ("drop", lambda row: {"delay_us": 1}, "noise: key"),
    "kind": ("late", lambda row: {"kind": "duplicate"}, "noise: rows"),
    "event": ("late", lambda row: {"event_id": row["event_id"] - 12_000}, "noise: key"),
    "id": ("late", lambda row: {"tid": "0" * 32}, "noise: rows"),
}


@pytest.mark.parametrize("sent", ["all"], indirect=True)
@pytest.mark.parametrize("edit", EDITS)
def test_an_entry_of_the_key_that_is_changed(edit: str, out: Spoiler) -> None:
    kind, change, check = EDITS[edit]
    key = out.read("noise")
    place, _ = out.keyed(kind)
    key[place] |= change(key[place])
    out.write("noise", key)
    assert check in failed(look(out.path))


def test_a_lost_row_that_is_there(tmp_path: Path) -> None:
    send(tmp_path / "whole", *SMALL)
    send(tmp_path / "out", *SMALL, *KINDS["drops"])
    out = Spoiler(tmp_path / "out")
    rows, (_, tid) = out.read("transactions"), out.keyed("drop")
    whole = Spoiler(tmp_path / "whole").read("transactions")
    place = next(place for place, row in enumerate(whole) if row["tid"] == tid)
    after = next(place for place, row in enumerate(rows) if row["tid"] == whole[place + 1]["tid"])
    rows.insert(after, whole[place])
    out.write("transactions", rows)
    found = failed(look(out.path))
    assert found["noise: rows"] == f"the key has transaction {tid} as drop, but it came"


def test_a_file_that_is_cut(out: Spoiler) -> None:
    file = table_file(out.path, "transactions")
    file.write_bytes(file.read_bytes()[:-700_000])
    report = look(out.path)
    assert {"files", "rows of transactions"} <= set(failed(report))
    said = unchecked(report)
    assert {said[f"noise: {x}"] for x in ("key", "rows", "order")} == {"the transactions cannot be read"}


def test_counts_that_are_changed(out: Spoiler) -> None:
    content = manifest(out.path)
    for name, check in (("events", "rows, but the manifest"), ("fraud", "of fraud, but the manifest")):
        changed = content | {"stream": content["stream"] | {name: content["stream"][name] + 1}}
        write_manifest(out.path, changed)
        assert check in failed(look(out.path))["rows sent"]
