"""What every sink wrote reads back as what the run made."""

import gzip
import itertools
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import synth
from synth import generate, run
from synth.check.reader import open_output
from synth.check.stats import measure
from synth.check.verify import verify
from synth.config.catalog import load_catalog
from synth.errors import RefusedError, VerifyError
from synth.tables.column import EPOCH_UNITS_US
from synth.tables.declared import LABEL_COLUMNS
from tests.outputs import read_manifest, table_file, write_manifest
from tests.servers import S3Server

SMALL = ("scenario=card_chain", "generator.transactions=4000", "block_rows=900", "population.cards=300")
FORMATS = [
    *(
        ("csv", f"layout={layout}", f"compression={compression}", f"header={header}")
        for layout, compression, header in itertools.product(
            ("file", "parts"), ("none", "gzip", "zstd"), ("true", "false")
        )
    ),
    *(
        ("jsonl", f"layout={layout}", f"compression={compression}")
        for layout, compression in itertools.product(("file", "parts"), ("none", "gzip", "zstd"))
    ),
    *(("parquet", f"compression={compression}") for compression in ("zstd", "snappy", "gzip", "none")),
]


def write(uri: Path | str, sink: str, *options: str, recipe: tuple[str, ...] = SMALL) -> str:
    run(*recipe, f"sink={sink}", f"sink.{sink}.uri={uri}", *(f"sink.{sink}.{option}" for option in options))
    return str(uri)


@pytest.fixture(scope="module", params=["notebook", "full"])
def view(request: pytest.FixtureRequest) -> tuple[str, pd.DataFrame]:
    columns = f"columns={request.param}"
    return columns, generate(*SMALL, columns)


@pytest.mark.parametrize("options", FORMATS, ids=" ".join)
def test_transactions_are_those_that_were_made(view: tuple[str, pd.DataFrame], options, tmp_path: Path) -> None:
    columns, expected = view
    output = open_output(write(tmp_path / "out", *options, recipe=(*SMALL, columns)))
    assert_frame_equal(output.to_pandas(), expected)


@pytest.mark.parametrize("sink", ["csv", "jsonl"])
def test_side_tables_are_the_same_in_every_format(sink: str, tmp_path: Path) -> None:
    recipe = (*SMALL, "columns=full", "population.profile=faker", "population.locale=de_DE")
    text = open_output(write(tmp_path / "text", sink, "compression=gzip", recipe=recipe))
    native = open_output(write(tmp_path / "native", "parquet", recipe=recipe))
    for table in ("labels", "episodes", "holders"):
        assert_frame_equal(text.to_pandas(table), native.to_pandas(table))
        assert len(text.to_pandas(table)) == text.table(table)["rows"] > 0
    assert text.to_pandas("holders")["address"].str.contains(",").any()


@pytest.mark.parametrize("sink", ["csv", "jsonl"])
@pytest.mark.parametrize("time_format", ["iso", *EPOCH_UNITS_US, "%d/%m/%Y %H.%M.%S", "%Y%m%dT%H%M%S"])
def test_every_time_format_reads_back(sink: str, time_format: str, tmp_path: Path) -> None:
    columns = f'columns.fields=[{{name: at, source: time, format: "{time_format}"}},{{name: a, source: amount_minor}}]'
    output = open_output(write(tmp_path, sink, recipe=(*SMALL, columns)))
    assert_frame_equal(output.to_pandas(), generate(*SMALL, columns))


@pytest.mark.parametrize("sink", ["csv", "jsonl"])
def test_a_time_without_its_seconds_stays_text(sink: str, tmp_path: Path) -> None:
    columns = "columns.fields=[{name: day, source: time, format: '%Y-%m-%d'}]"
    frame = open_output(write(tmp_path, sink, recipe=(*SMALL, columns))).to_pandas()
    assert list(frame["day"]) == list(generate(*SMALL, columns)["day"].dt.strftime("%Y-%m-%d"))


@pytest.mark.parametrize("sink", ["csv", "jsonl", "parquet"])
def test_amounts_with_two_decimals_and_empty_tables(sink: str, tmp_path: Path) -> None:
    recipe = ("generator.transactions=500", "columns.fields=[{name: amount, source: amount, format: fixed2}]")
    output = open_output(write(tmp_path, sink, recipe=recipe))
    assert_frame_equal(output.to_pandas(), generate(*recipe))
    assert output.to_pandas("labels").empty
    assert list(output.to_pandas("labels")) == [name for name in LABEL_COLUMNS if name != "tid"]


def test_batches_of_a_large_file_are_small(tmp_path: Path) -> None:
    output = open_output(write(tmp_path, "csv", recipe=("generator.transactions=800000",)))
    sizes = [batch.nbytes for batch in output.batches("transactions")]
    assert sum(sizes) > 50_000_000
    assert max(sizes) < 20_000_000


def test_s3(moto: S3Server, monkeypatch) -> None:
    for key, value in moto.environ().items():
        monkeypatch.setenv(key, value)
    moto.client().create_bucket(Bucket="reader")
    for sink in ("csv", "parquet"):
        output = open_output(write(f"s3://reader/{sink}", sink))
        assert_frame_equal(output.to_pandas(), generate(*SMALL))


def test_no_run(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=r"/out holds no synth run: there is no such folder$"):
        open_output(str(tmp_path / "out"))


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        ("{", "holds no synth run: _manifest.json is not JSON"),
        ('{"format": 3}', "has format 3, newer than 2: upgrade synth to read it"),
        ("[]", "is not one of synth: its content: Input should be a valid dictionary"),
        ('{"format": 1}', "is not one of synth: synth: Field required; versions: Field required; .*; and 4 more$"),
    ],
)
def test_a_manifest_that_is_none(manifest: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "_manifest.json").write_text(manifest)
    with pytest.raises(RefusedError, match=told) as caught:
        open_output(str(tmp_path))
    assert "\n" not in str(caught.value)


def test_a_manifest_names_no_file_elsewhere(tmp_path: Path) -> None:
    uri = write(tmp_path / "out", "csv")
    manifest = read_manifest(tmp_path / "out")
    manifest["tables"]["labels"]["files"][0]["name"] = "../secret.csv"
    write_manifest(tmp_path / "out", manifest)
    with pytest.raises(RefusedError, match="cannot be the name of a file"):
        open_output(uri)


@pytest.mark.parametrize("sink", ["csv", "parquet"])
def test_an_output_of_format_1(sink: str, tmp_path: Path) -> None:
    """``format_1`` was written with format 1: every table and the manifest side by side."""
    shutil.copytree(Path(__file__).with_name("format_1") / sink, tmp_path / "old")
    uri = str(tmp_path / "old")
    report = verify(uri, catalog=load_catalog())
    assert not report.failed
    assert {check.name for check in report.checks if check.ok} >= {
        "files",
        "digest of the run",
        "fraud_label",
        "recipe",
    }
    assert measure(uri, catalog=load_catalog())["rows"]["found"] == 100
    recipe = open_output(uri).manifest["recipe"]
    assert recipe["generator"]["transactions"] == len(open_output(uri).to_pandas()) == 100
    with pytest.raises(RefusedError, match=r"already holds a run \(manifest\.json\)"):
        synth.run(*SMALL, f"sink={sink}", f"sink.{sink}.uri={uri}")
    synth.run(*SMALL, f"sink={sink}", f"sink.{sink}.uri={uri}", overwrite=True)
    assert {path.relative_to(tmp_path / "old").parts[0] for path in (tmp_path / "old").rglob("*.*")} == (
        {"transactions.csv", "_truth"}
        if sink == "csv"
        else {"transactions", "labels", "episodes", "_manifest.json", "README.md"}
    )


def test_a_manifest_that_somebody_changed(tmp_path: Path) -> None:
    uri = write(tmp_path, "parquet")
    manifest = read_manifest(tmp_path)
    manifest["counts"]["fraud"] += 1
    (tmp_path / "_manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(RefusedError, match="was changed after the run: its sha256 is another"):
        open_output(uri)
    write_manifest(tmp_path, manifest)
    assert [check.name for check in verify(uri, catalog=load_catalog()).failed] == ["counts"]


def _cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


@pytest.mark.parametrize(
    ("options", "damage"),
    [
        (("csv",), _cut),
        (("csv", "compression=gzip"), _cut),
        (("csv", "compression=zstd"), _cut),
        (("csv", "compression=gzip"), lambda content: content + b"more"),
        (("csv",), lambda content: content.replace(b",0\n", b",x\n", 1)),
        (("csv",), lambda content: content.replace(b",0\n", b",\n", 1)),
        (("csv",), lambda content: content.replace(b",0\n", b",0,0\n", 1)),
        (("csv",), lambda content: content.replace(b"tid", b"id", 1)),
        (("csv", "header=false"), lambda content: content.replace(b"2022-", b"22-", 1)),
        (("jsonl",), _cut),
        (("jsonl",), lambda content: content.replace(b'"cc_num"', b'"card"', 1)),
        (("jsonl",), lambda content: content.replace(b'"fraud_label":0', b'"fraud_label":null', 1)),
    ],
)
def test_a_damaged_file_is_named(options, damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    output = open_output(write(tmp_path, *options))
    file = tmp_path / output.table("transactions")["files"][0]["name"]
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(VerifyError, match=rf"^{file.name} in .* cannot be read: ") as caught:
        output.to_pandas()
    assert "\n" not in str(caught.value)


def test_a_damaged_parquet_file_is_named(tmp_path: Path) -> None:
    output = open_output(write(tmp_path, "parquet"))
    part = tmp_path / "transactions/part-00001.parquet"
    whole = part.read_bytes()
    part.write_bytes(_cut(whole))
    with pytest.raises(VerifyError, match=r"^transactions/part-00001\.parquet in .* cannot be read: "):
        output.to_pandas()
    part.write_bytes(table_file(tmp_path, "labels").read_bytes())
    with pytest.raises(VerifyError, match=r"its columns are event_id int64, .* not those of the manifest"):
        output.to_pandas()
    part.unlink()
    with pytest.raises(VerifyError, match=r"^transactions/part-00001\.parquet is missing"):
        output.to_pandas()


def test_a_foreign_format_or_table_is_refused(tmp_path: Path) -> None:
    uri = write(tmp_path, "csv", "compression=gzip")
    assert gzip.decompress(table_file(tmp_path, "labels").read_bytes()).startswith(b"event_id,tid,scenario")
    manifest = read_manifest(tmp_path)
    manifest["tables"]["transactions"]["files"][0]["name"] = "transactions.avro"
    write_manifest(tmp_path, manifest)
    (tmp_path / "transactions.csv.gz").rename(tmp_path / "transactions.avro")
    with pytest.raises(RefusedError, match=r"transactions\.avro in .* is neither CSV, JSON lines nor Parquet"):
        open_output(uri).to_pandas()
    with pytest.raises(RefusedError, match="holds no table 'merchants', only transactions, labels, episodes"):
        open_output(uri).to_pandas("merchants")
