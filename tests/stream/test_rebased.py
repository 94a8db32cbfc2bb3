"""Shifted event times: each column follows them as it is declared, and a reader takes the shift back."""

from pathlib import Path
from typing import cast

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synth.check.reader import StoredOutput, open_output, with_original_times
from synth.cli import main
from synth.config.catalog import load_catalog
from synth.config.recipe import load_recipe
from synth.contracts.output import Manifest
from synth.engine.end_of_run import EndOfRun
from synth.engine.manifest import TableTally, describe_tables
from synth.engine.prepare import prepare
from synth.sinks.stores import open_store
from synth.stream.deliveries import deliveries, shifted
from synth.tables.batch import Batch
from synth.tables.column import Column
from synth.tables.declared import EVENT_COLUMNS
from synth.tables.registry import TABLES
from synth.tables.table import plain_table
from tests.outputs import read_manifest

WEEK_US = 7 * 86_400_000_000
SHOPS = Path(__file__).parents[1] / "generators" / "shops.py"
ALL = "columns.fields=[" + ", ".join(f"{{name: {name}, source: {name}}}" for name in EVENT_COLUMNS) + "]"
SMALL = ("generator.transactions=1500", "block_rows=500", "population.cards=80", "scenario=card_chain", ALL)
NOISY = ("reporting=week", "noise=network", "noise.drops.share=0.01", "scenario.card_chain.ratio=0.1")


def sent(start: str, end: str, shift_us: int = 0) -> dict[str, pd.DataFrame]:
    """Every table that a stream of a window delivers."""
    window = (f"timeline.start={start}", f"timeline.end={end}")
    made = prepare(load_recipe([*SMALL, *NOISY, *window])[0])
    found: dict[str, list[pa.RecordBatch]] = {}
    for delivery in deliveries(made, 0, EndOfRun(made.make_block), shift_us=shift_us):
        for batch in (delivery.transactions, *delivery.side.values()):
            found.setdefault(batch.table.name, []).append(batch.native)
    return {name: pa.Table.from_batches(batches).to_pandas() for name, batches in found.items()}


def test_a_shifted_stream_shows_what_a_later_window_shows() -> None:
    """Nobody who reads may tell a stream of January that is shifted by a week from one of a week later, but by ids."""
    plain = sent("2022-01-01", "2022-01-05")
    moved = sent("2022-01-01", "2022-01-05", WEEK_US)
    later = sent("2022-01-08", "2022-01-12")
    assert {*plain} == {"transactions", "labels", "episodes", "label_events", "noise"}
    for name, frame in moved.items():
        assert list(frame) == list(TABLES[name].columns)
        for column in TABLES[name].columns.values():
            wanted = plain if column.role == "key" else later
            pd.testing.assert_series_equal(frame[column.name], wanted[name][column.name])
        assert not frame.equals(plain[name]) or name == "noise"


COLUMNS = [(table.name, column) for table in TABLES.values() for column in table.columns.values()]


def one(table: str, column: Column) -> Batch:
    """A table of one column with three values, the last one null where it may be."""
    made = plain_table(table, [column], TABLES[table].facts)
    kind = made.schema.field(0).type
    values = pa.array([1, 2, None if column.nullable else 3]) if not pa.types.is_string(kind) else pa.array(["a"] * 3)
    array = values.cast(pa.int32()).view(kind) if pa.types.is_date(kind) else values.cast(kind)
    return Batch.of(made, {column.name: array}, {})


def stored(batch: Batch, place: Path) -> StoredOutput:
    """An output of this batch alone, as a shifted stream leaves it."""
    tally = TableTally.once(batch)
    file = place / f"{batch.table.name}.parquet"
    pq.write_table(pa.Table.from_batches([batch.native]), file)
    [entry] = describe_tables([tally], shifted=True).values()
    entry["files"] = [{"name": file.name, "bytes": file.stat().st_size, "sha256": ""}]
    manifest = cast("Manifest", {"stream": {"shift_us": WEEK_US}, "tables": {batch.table.name: entry}})
    return StoredOutput(str(place), manifest, open_store(str(place)))


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda value: getattr(value, "name", value))
def test_every_declared_column_follows_and_comes_back(table: str, column: Column, tmp_path: Path) -> None:
    batch = one(table, column)
    before = batch.native.column(0)
    after = shifted(batch, WEEK_US).native.column(0)
    if pa.types.is_timestamp(before.type):
        wanted = pa.Array.from_pandas(before.to_pandas() + pd.Timedelta(days=7), type=before.type)
    elif column.name == "unix_time":
        wanted = pa.array([None if each is None else each + 7 * 24 * 60 * 60 for each in before.to_pylist()])
    else:
        wanted = before
    assert after.equals(wanted)
    [read] = with_original_times(stored(shifted(batch, WEEK_US), tmp_path)).batches(table)
    assert read.column(0).equals(before)
    assert column.follows != "lost", "no view of synth's own may be refused under clock=rebased"


PLUGIN = SHOPS.read_text()
HOUR = 'Column("hour", "int8", "hour of the day", "observable", "when, by the clock on the wall", clock="lost")'
PAID = 'Column("paid_s", "int64", "s", "observable", "when it was paid", clock="shifts_s")'
SINCE = 'Column("opened_at", "timestamp[us, tz=UTC]", "UTC", "observable", "its opening")'


def own(extra: str, tmp_path: Path) -> Path:
    """The shops with one more column of events, and the time of each shop's opening."""
    text = PLUGIN.replace('        Column("settled"', f'        {extra},\n        Column("settled"')
    text = text.replace('"items": rng', f'"{extra.split(chr(34))[1]}": VALUES, "items": rng')
    text = text.replace("(shop, opened)", f"(shop, opened, {SINCE})")
    text = text.replace('"opened": years}', '"opened": years, "opened_at": years * 10**12}')
    assert text.count("VALUES") == 1
    values = "(time_us // 3_600_000_000 % 24).astype(np.int8)" if "hour" in extra else "time_us // 1_000_000"
    (tmp_path / "mine.py").write_text(text.replace("VALUES", values))
    return tmp_path / "mine.py"


def stream(tmp_path: Path, extra: str, clock: str, column: str) -> int:
    plugin = own(extra, tmp_path)
    view = (
        f"columns.fields=[{{name: at, source: time}}, {{name: mine, source: {column}}}, {{name: o, source: settled}}]"
    )
    words = ("generator.kind=shops", "generator.transactions=300", "timeline.end=2022-01-01T00:10:00", view)
    into = ("timeline.start=2022-01-01", "sink=jsonl_stream", f"sink.jsonl_stream.uri={tmp_path / 'out'}")
    live = ("clock.live_from=2022-01-01T00:09:59",) if clock == "rebased" else ()
    return main(["stream", *words, *into, f"clock={clock}", *live, "population.cards=500", "--plugin", str(plugin)])


def test_a_generators_own_columns_follow_as_they_say_and_come_back(tmp_path: Path) -> None:
    assert stream(tmp_path, PAID, "rebased", "paid_s") == 0
    manifest = read_manifest(tmp_path / "out")
    clocks = {each["name"]: each["clock"] for each in manifest["tables"]["transactions"]["columns"]}
    assert clocks == {"at": "shifts_us", "mine": "shifts_s", "o": "shifts_us"}
    found = open_output(str(tmp_path / "out"), load_catalog([tmp_path / "mine.py"]))
    whole = pd.Timedelta(manifest["stream"]["shift_us"], unit="us")
    for output, shift in ((found, whole), (with_original_times(found), pd.Timedelta(0))):
        rows, shops = output.to_pandas(), output.to_pandas("shops")
        assert (rows["at"] - shift).dt.year.eq(2022).all()
        assert rows["mine"].eq((rows["at"] - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(seconds=1)).all()
        assert rows["o"].sub(rows["at"]).eq(pd.Timedelta(days=1)).all()
        opened = pd.to_datetime(shops["opened"] * 10**12, unit="us", utc=True)
        assert shops["opened_at"].sub(shift).eq(opened).all()
    assert main(["verify", str(tmp_path / "out"), "--plugin", str(tmp_path / "mine.py")]) == 0


def test_an_unshifted_stream_says_nothing_of_clocks(tmp_path: Path) -> None:
    assert stream(tmp_path, HOUR, "batch", "hour") == 0
    assert '"clock": "' not in (tmp_path / "out/_manifest.json").read_text()


def test_a_column_that_a_shift_makes_wrong_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stream(tmp_path, HOUR, "rebased", "hour") == 2
    assert "transactions.mine would be wrong beside shifted event times" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_column_cannot_follow_in_a_unit_that_it_has_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = HOUR.replace('"lost"', '"shifts_s"')
    assert stream(tmp_path, wrong, "batch", "hour") == 1
    assert "column 'hour' of type 'int8', which cannot follow the clock by 'shifts_s'" in capsys.readouterr().err
