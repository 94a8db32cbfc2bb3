"""Labelled rows of other people: CSV and Parquet files, by a mapping that says which column is what.

A mapping is YAML::

    columns: {time: when, card: cc_num, amount: amt, label: is_fraud, merchant: shop}
    fraud: 1                  # what the label says of fraud; 1, or true, unless told
    time_unit: s              # of times that are numbers
    ignore: [row]             # columns that are not looked at
    signals: {chain: [amount]}    # what a scenario is known to show
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synth.arrays import Int64, Mask
from synth.check.records import NONE, UNNAMED, Records
from synth.errors import ConfigError, Problem, RefusedError
from synth.wording import counted, nearest, on_one_line

#: What a mapping may name → what synth calls such a column; the first four it has to name.
CALLED = {
    "time": "time",
    "card": "card_number",
    "amount": "amount",
    "label": "fraud_label",
    "episode": "episode_id",
    "scenario": "scenario",
    "customer": "customer_id",
    "merchant": "merchant_id",
    "terminal": "terminal_id",
    "device": "device_id",
    "session": "session_id",
    "category": "category",
    "channel": "channel",
    "event_type": "event_type",
}

NEEDED = ("time", "card", "amount", "label")

#: What every row has to say, where it is named.
_FILLED = ("time", "amount", "label", "session", "event_type")

_TRUTH = ("label", "episode", "scenario")
_KEYS = ("columns", "fraud", "time_unit", "ignore", "signals")
_UNITS_US = {"us": 1, "ms": 1000, "s": 1_000_000, "min": 60_000_000, "h": 3_600_000_000, "days": 86_400_000_000}


def read_foreign(files: Sequence[Path], mapping: Path) -> Records:
    """The rows of files, one after the other, as a mapping explains them.

    Without episodes all fraud rows of a card are one, so that rows that may depend on each other do not count twice.

    Raises:
        ConfigError: the mapping is wrong, or names columns that are not there; holds every problem.
        RefusedError: a file cannot be read.
    """
    content = _load(mapping)
    table = _concatenated([_read(file) for file in files])
    problems = [*_problems(content, table.column_names)]
    if not problems:
        table = _with_times(table, content["columns"]["time"])
        problems = [*_wrong_values(content, table)]
    if problems:
        raise ConfigError([_at(problem, mapping) for problem in problems])
    return _records(", ".join(map(str, files)), content, table)


def _load(mapping: Path) -> Any:
    import yaml

    try:
        return yaml.safe_load(mapping.read_text(encoding="utf-8"))
    except OSError as error:
        raise RefusedError(f"the mapping {mapping} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        problem = Problem(path="", message=f"the mapping is no YAML: {on_one_line(str(error))}", where=str(mapping))
        raise ConfigError([problem]) from error


def _at(problem: Problem, mapping: Path) -> Problem:
    return Problem(**{**vars(problem), "where": str(mapping)})


def _read(file: Path) -> pa.Table:
    """A file as a table."""
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    try:
        if file.suffix == ".parquet" or file.is_dir():
            table = pq.read_table(file)
        else:
            table = csv.read_csv(file, csv.ReadOptions(block_size=16 << 20))
        names = table.column_names  # read as UTF-8 here, and not before
    except FileNotFoundError as error:
        raise RefusedError(f"{file} is not there") from error
    except OSError as error:
        raise RefusedError(f"{file} cannot be read: {on_one_line(str(error))}") from error
    except UnicodeDecodeError as error:
        raise RefusedError(f"{file}: a column's name is no UTF-8 text") from error
    except pa.ArrowException as error:
        raise RefusedError(f"{file} is neither CSV nor Parquet that can be read: {on_one_line(str(error))}") from error
    if bytes_only := [name for name, kind in zip(names, table.schema.types, strict=True) if pa.types.is_binary(kind)]:
        raise RefusedError(f"{file}: column {bytes_only[0]!r} holds bytes that are no UTF-8 text")
    if not table.num_rows:
        raise RefusedError(f"{file} has no rows")
    return table


def _concatenated(tables: Sequence[pa.Table]) -> pa.Table:
    names = [set(table.column_names) for table in tables]
    if odd := next((sorted(each ^ names[0]) for each in names if each != names[0]), []):
        raise RefusedError(f"the files do not have the same columns: {odd[0]!r} is not in all of them")
    if twice := [name for name in tables[0].column_names if tables[0].column_names.count(name) > 1]:
        raise RefusedError(f"two columns bear the name {twice[0]!r}")
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        raise RefusedError(f"the files do not have the same columns: {on_one_line(str(error))}") from error


def _problems(content: Any, names: Sequence[str]) -> Iterator[Problem]:
    """What is wrong with a mapping by itself, and beside the columns that there are."""
    if not isinstance(content, Mapping) or not isinstance(content.get("columns"), Mapping):
        message = "a mapping has a key columns, which says what each column is"
        yield Problem(path="columns", message=message, allowed=tuple(f"{name}: …" for name in NEEDED))
        return
    yield from _unknown("", content, _KEYS)
    columns = content["columns"]
    yield from _unknown("columns.", columns, CALLED)
    for name in NEEDED:
        if name not in columns:
            yield Problem(path=f"columns.{name}", message=f"columns.{name} is missing: no column is the {name}")
    named = [(f"columns.{name}", column) for name, column in columns.items()]
    ignored = content.get("ignore") or []
    if not isinstance(ignored, list):
        yield Problem(path="ignore", message=f"ignore is {ignored!r}, not a list of columns")
        ignored = []
    meant = [column for _, column in named]
    for path, column in [*named, *(("ignore", column) for column in ignored)]:
        if meant.count(column) > 1 and path != "ignore":
            yield Problem(path=path, message=f"{path}: {column!r} is said to be more than one thing")
        if column not in names:
            hint = nearest(str(column), names)
            allowed = () if hint else tuple(names)
            yield Problem(path=path, message=f"{path}: the files have no column {column!r}", hint=hint, allowed=allowed)
    unit = content.get("time_unit", "s")
    if unit not in _UNITS_US:
        message = f"time_unit is {unit!r}"
        yield Problem(path="time_unit", message=message, allowed=tuple(_UNITS_US), hint=nearest(str(unit), _UNITS_US))
    signals = content.get("signals") or {}
    if not isinstance(signals, Mapping) or not all(isinstance(each, list) for each in signals.values()):
        yield Problem(path="signals", message="signals are lists of columns by scenario")


def _with_times(table: pa.Table, name: str) -> pa.Table:
    """The table with times where a column holds texts that all are some; else as it is."""
    column = table.column(name)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return table
    try:
        times = column.cast(pa.string()).cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        return table
    return table.set_column(table.column_names.index(name), name, times)


def _unknown(path: str, given: Mapping[Any, Any], known: Sequence[str] | Mapping[str, str]) -> Iterator[Problem]:
    for key in given:
        if key not in known:
            hint = nearest(str(key), known)
            message = f"{path}{key} is no key of a mapping"
            yield Problem(path=f"{path}{key}", message=message, hint=hint, allowed=() if hint else tuple(known))


def _wrong_values(content: Mapping[str, Any], table: pa.Table) -> Iterator[Problem]:
    """What is wrong with the columns that a mapping names."""
    columns = content["columns"]
    kinds = {each: table.schema.field(name).type for each, name in columns.items()}
    if nested := {each: kind for each, kind in kinds.items() if pa.types.is_nested(kind)}:
        for each, kind in nested.items():
            yield Problem(path=f"columns.{each}", message=f"columns.{each}: {columns[each]!r} is {kind}, not one value")
        return
    amount, time = kinds["amount"], kinds["time"]
    if not _is_number(amount):
        yield Problem(path="columns.amount", message=f"columns.amount: {columns['amount']!r} is {amount}, not a number")
    if not (pa.types.is_timestamp(time) or pa.types.is_date(time) or _is_number(time)):
        message = f"columns.time: {columns['time']!r} is {time}, neither a time (2022-01-31 23:59:59) nor a number"
        yield Problem(path="columns.time", message=message)
    for name in (each for each in _FILLED if each in columns):
        if empty := table.column(columns[name]).null_count:
            message = f"columns.{name}: {columns[name]!r} is empty in {counted(empty, 'row')}"
            yield Problem(path=f"columns.{name}", message=message)
        elif name in ("time", "amount") and _is_number(table.schema.field(columns[name]).type):
            yield from _endless(f"columns.{name}", table.column(columns[name]), content, name)
    said = (
        [] if "fraud" in content else table.column(columns["label"]).drop_null().cast(pa.string()).unique().to_pylist()
    )
    fraud_t, path = _is_fraud(content, table), "columns.label"
    if len(said) > _LABELS:
        shown = ", ".join(map(repr, sorted(said)[: _LABELS + 1]))
        message = f"{path}: {columns['label']!r} says {len(said):,} things ({shown} …): say with the key fraud which is"
        yield Problem(path=path, message=message)
    elif not fraud_t.any():
        message = f"{path}: no row says {content.get('fraud', 1)!r} in {columns['label']!r}: there is no fraud"
        yield Problem(path=path, message=message, hint="say with the key fraud what the label says of it")
    elif fraud_t.all():
        yield Problem(path=path, message=f"{path}: every row is fraud by {columns['label']!r}: nothing to compare with")


#: What a label may say: fraud, and not.
_LABELS = 2

#: Microseconds that a time may be away from 1970, 290,000 years.
_FARTHEST_US = 2**63 - 1


def _endless(path: str, column: pa.ChunkedArray, content: Mapping[str, Any], name: str) -> Iterator[Problem]:
    """What is no number, or too large a time."""
    most = _FARTHEST_US / _UNITS_US[content.get("time_unit", "s")] if name == "time" else np.finfo(np.float64).max
    values = column.cast(pa.float64(), safe=False).to_numpy()
    if (wrong := np.flatnonzero(~(np.abs(values) < most))).size:
        row = int(wrong[0])
        yield Problem(path=path, message=f"{path}: row {row + 1:,} has {values[row]:g}, which is no {name}")


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _is_fraud(content: Mapping[str, Any], table: pa.Table) -> Mask:
    """(t,) what the label says."""
    label = table.column(content["columns"]["label"])
    told = {str(content.get("fraud", 1)).lower(), *(("1", "1.0", "true") if "fraud" not in content else ())}
    words = pc.utf8_lower(label.cast(pa.string()))
    fraud: Mask = pc.fill_null(pc.is_in(words, pa.array(sorted(told))), False).to_numpy()
    return fraud


def _records(name: str, content: Mapping[str, Any], table: pa.Table) -> Records:
    columns: Mapping[str, str] = content["columns"]
    fraud_t = _is_fraud(content, table)
    card_t = _codes(table.column(columns["card"]))
    episode_t = _codes(table.column(columns["episode"])) if "episode" in columns else card_t
    scenario_t, scenarios = _scenarios(columns, table, fraud_t)
    seen = {CALLED[each]: table.column(column) for each, column in columns.items() if each not in _TRUTH}
    seen["time"] = _times(seen["time"], content.get("time_unit", "s"))
    seen["amount"] = seen["amount"].cast(pa.float64())
    hidden = {*columns.values(), *(content.get("ignore") or [])}
    others = {
        field.name: table.column(field.name)
        for field in table.schema
        if field.name not in hidden and field.name not in seen and not pa.types.is_nested(field.type)
    }
    keys = {called for called in seen if called.endswith(("_id", "_number"))}
    signals = {str(each): tuple(map(str, signal)) for each, signal in (content.get("signals") or {}).items()}
    return Records(
        name=name,
        rows=pa.table({**seen, **others}),
        units={},
        roles=dict.fromkeys(keys, "key"),
        fraud_t=fraud_t,
        scenario_t=scenario_t,
        episode_t=np.where(fraud_t, episode_t, NONE),
        claimed_t=np.zeros(table.num_rows, dtype=bool),
        scenarios=scenarios,
        signals={each: signals.get(each, ()) for each in scenarios},
        guessed="episode" not in columns,
    )


def _codes(column: pa.ChunkedArray) -> Int64:
    """A number for each value."""
    codes = column.combine_chunks().dictionary_encode(null_encoding="encode")
    codes = codes.combine_chunks() if isinstance(codes, pa.ChunkedArray) else codes
    found: Int64 = codes.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def _scenarios(columns: Mapping[str, str], table: pa.Table, fraud_t: Mask) -> tuple[Int64, tuple[str, ...]]:
    """The scenario of each row, and their names."""
    if "scenario" not in columns:
        return np.where(fraud_t, 0, NONE), (UNNAMED,)
    words = pc.fill_null(table.column(columns["scenario"]).cast(pa.string()), UNNAMED)
    names = sorted(pc.unique(words.filter(pa.array(fraud_t))).to_pylist())
    place = pc.fill_null(pc.index_in(words, pa.array(names, pa.string())), NONE).to_numpy().astype(np.int64)
    return np.where(fraud_t, place, NONE), tuple(names)


def _times(column: pa.ChunkedArray, unit: str) -> pa.ChunkedArray:
    """Times in microseconds; numbers count from 1970, or from where they begin, which makes hours relative."""
    if _is_number(column.type):
        us = np.rint(column.cast(pa.float64(), safe=False).to_numpy() * _UNITS_US[unit]).astype(np.int64)
        return pa.chunked_array([pa.array(us).cast(pa.timestamp("us"))])
    return column.cast(pa.timestamp("us", tz=getattr(column.type, "tz", None)))
