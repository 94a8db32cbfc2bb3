"""Opens every table of every place as one tool does, and compares rows, columns and, of Parquet, every value; nothing
of synth is imported.

    python read.py PANDAS_OR_ANOTHER EXPECTED.json

``EXPECTED.json``: place → ``format``, ``layout`` and ``tables``: name → ``path``, ``rows``, ``columns``,
``checksum``; or ``day`` and its ``rows``. To be run in the folder of the places.
"""

import json
import sys
import zlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple


class Found(NamedTuple):
    """What a reader found of a table; the checksum is None for a format that leaves the types to its reader."""

    rows: int
    columns: list[str]
    checksum: int | None = None


def checksum(rows: Iterable[Iterable[Any]]) -> int:
    """Of the values of all rows, in whatever order they come, and in whatever classes a tool puts them."""
    return sum(zlib.crc32(repr([_plain(value) for value in row]).encode()) for row in rows)


def _plain(value: Any) -> Any:
    if value is None or str(value) in {"nan", "NaT", "<NA>"}:
        return None
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).replace(tzinfo=None).isoformat()
    if isinstance(value, float):  # pandas counts in them where a whole number may be missing
        return int(value) if value.is_integer() else float(value)
    return int(value) if hasattr(value, "dtype") else value if isinstance(value, int) else str(value)


def by_pandas(path: str, form: str) -> Found:
    import pandas as pd

    if form == "parquet":
        frame = pd.read_parquet(path)
    else:
        files = [path] if Path(path).is_file() else sorted(map(str, Path(path).glob("part-*")))
        read = pd.read_csv if form == "csv" else lambda file: pd.read_json(file, lines=True)
        frame = pd.concat([read(file) for file in files])
    values = checksum(frame.itertuples(index=False)) if form == "parquet" else None
    return Found(len(frame), list(frame.columns), values)


def by_polars(path: str, form: str) -> Found:
    import polars as pl

    scans: dict[str, Callable[..., Any]] = {
        "parquet": pl.scan_parquet,
        "csv": pl.scan_csv,
        "jsonl": lambda where: pl.scan_ndjson(where, infer_schema_length=None),
    }
    frame = scans[form](path).collect()
    return Found(frame.height, frame.columns, checksum(frame.iter_rows()) if form == "parquet" else None)


def by_pyarrow(path: str, form: str) -> Found:
    import pyarrow.dataset as ds

    data = ds.dataset(path, format="json" if form == "jsonl" else form)
    values = checksum(row.values() for row in data.to_table().to_pylist()) if form == "parquet" else None
    return Found(data.count_rows(), data.schema.names, values)


def by_duckdb(path: str, form: str) -> Found:
    import duckdb

    where = path if Path(path).is_file() else f"{path}/part-*"
    read = {"parquet": "read_parquet", "csv": "read_csv", "jsonl": "read_json"}[form]
    cursor = duckdb.execute(f"FROM {read}('{where}')")
    columns = [each[0] for each in cursor.description or ()]
    rows = cursor.fetchall()
    return Found(len(rows), columns, checksum(rows) if form == "parquet" else None)


def by_dask(path: str, form: str) -> Found:
    import dask.dataframe as dd

    if form == "parquet":
        frame = dd.read_parquet(path)
    else:
        where = path if Path(path).is_file() else f"{path}/part-*"
        frame = dd.read_csv(where, dtype=str) if form == "csv" else dd.read_json(where)
    values = checksum(frame.compute().itertuples(index=False)) if form == "parquet" else None
    return Found(len(frame), list(frame.columns), values)


def by_spark(path: str, form: str) -> Found:
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    read = spark.read
    frame = {"parquet": read.parquet, "csv": lambda where: read.csv(where, header=True), "jsonl": read.json}[form](path)
    return Found(frame.count(), frame.columns, checksum(frame.collect()) if form == "parquet" else None)


def by_datasets(place: str, table: str) -> Found:
    import datasets

    datasets.disable_progress_bars()
    data = datasets.load_dataset(place, table)["train"]
    values = checksum(row.values() for row in data) if "parquet" in place else None
    return Found(data.num_rows, data.column_names, values)


def by_croissant(place: str, table: str) -> Found:
    """Every value of Parquet; of lines it guesses which texts are numbers, whatever the description says."""
    import mlcroissant

    data = mlcroissant.Dataset(jsonld=f"{place}/croissant.json")
    [own] = [each for each in data.metadata.record_sets if each.id == table]
    days = {each.id for each in own.fields if str(each.data_types[0]).endswith("Date")}
    records = [*data.records(table)]
    rows = ([_of_croissant(each, day=name in days) for name, each in row.items()] for row in records)
    names = [name.removeprefix(f"{table}/") for name in records[0]]
    return Found(len(records), names, checksum(rows) if "parquet" in place else None)


def _of_croissant(value: Any, *, day: bool) -> Any:
    """It has texts as bytes, and days as moments."""
    return value.decode() if isinstance(value, bytes) else value.date() if day and value is not None else value


def by_frictionless(place: str, table: str) -> Found:
    """Every value, of lines too: the description says what is a text. Of Parquet it asks pandas, which counts in broken
    numbers where whole ones are missing; those are no whole numbers to it, and so it says only what columns there are.
    """
    import frictionless

    beside = Path(place, "datapackage.json")
    package = frictionless.Package(str(beside if beside.exists() else Path(place).parent / "_datapackage.json"))
    resources = [each for each in package.resources if each.name.rpartition("-")[0] == table or each.name == table]
    rows = [row for each in resources for row in each.read_rows()]
    wrong = [] if "parquet" in place else [*package.validate().flatten(["title", "note"])]
    if wrong:
        raise ValueError(f"{place}: {wrong[:3]}")
    values = None if "parquet" in place else checksum(map(_exactly, rows))
    return Found(len(rows), resources[0].schema.field_names, values)


def _exactly(row: Any) -> list[Any]:
    return [float(each) if type(each).__name__ == "Decimal" else each for each in row.to_list()]


READERS = {name.removeprefix("by_"): each for name, each in list(globals().items()) if name.startswith("by_")}


def day_by_polars(path: str, day: str | None) -> int:
    import polars as pl

    frame = pl.scan_parquet(path)
    return frame.filter(pl.col("day").cast(pl.String) == day if day else True).collect().height


def day_by_pyarrow(path: str, day: str | None) -> int:
    import pyarrow.dataset as ds

    return ds.dataset(path, partitioning="hive").to_table(filter=ds.field("day") == day if day else None).num_rows


def day_by_duckdb(path: str, day: str | None) -> int:
    import duckdb

    wanted = f"WHERE day = DATE '{day}'" if day else ""
    return len(duckdb.execute(f"FROM read_parquet('{path}/**/*.parquet') {wanted}").fetchall())


def day_by_spark(path: str, day: str | None) -> int:
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    frame = spark.read.parquet(path)
    return len((frame.where(frame.day == day) if day else frame).collect())


#: Who is asked for the rows of one day in folders of days, of which all other files hold no data any more.
DAYS = {name.removeprefix("day_by_"): each for name, each in list(globals().items()) if name.startswith("day_by_")}


def wrong_of_a_day(reader: str, path: str, day: str, rows: int) -> str:
    """What is wrong with one day, or with the sum of all, which nobody can read; empty when all is well."""
    if (found := DAYS[reader](path, day)) != rows:
        return f"{found} rows of {day}, not {rows}"
    try:
        return f"{DAYS[reader](path, None)} rows of files that hold none"
    except Exception:  # noqa: BLE001 — each tool has a class of its own for it
        return ""


#: Who is told the place, and finds the files of a table in what it says of itself.
DESCRIBED = ("croissant", "datasets", "frictionless")


def main() -> int:
    """Prints what is wrong; the exit code is 1 if anything is."""
    reader, wrong, tables = sys.argv[1], 0, 0
    for place, told in json.loads(Path(sys.argv[2]).read_text()).items():
        if "day" in told:
            if reader in DAYS and (what := wrong_of_a_day(reader, f"{place}/transactions", told["day"], told["rows"])):
                wrong += 1
                print(f"{reader}: {place}: {what}")
            continue
        beside = f"./{place}/_truth" if told["layout"] == "file" else f"./{place}"
        # The folder of the transactions, as a whole, is the table: what its consumer reads.
        folder = {"the folder": told["tables"]["transactions"] | {"path": "."}}
        more = folder if told["layout"] == "file" and reader == "spark" else {}
        for table, wanted in (told["tables"] | more).items():
            if reader in DESCRIBED:
                found = READERS[reader](beside, table)
            else:
                found = READERS[reader](f"{place}/{wanted['path']}", told["format"])
            tables += 1
            shown, asked = found.columns, wanted["columns"]
            same = sorted(shown) == sorted(asked) if told["format"] == "jsonl" else shown == asked  # Spark sorts keys
            values = (
                wanted["values"] if reader == "frictionless" and told["format"] != "parquet" else wanted["checksum"]
            )
            values = None if reader == "frictionless" and told["format"] == "parquet" else values
            if found.rows != wanted["rows"] or not same or found.checksum != values:
                wrong += 1
                print(f"{reader}: {place}: {table}: {found}, not {wanted}")
    print(f"{reader}: {tables} tables, {wrong} read wrongly")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
