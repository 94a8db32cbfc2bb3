"""SQL that makes the tables of a place in a database and fills them: for DuckDB, and of CSV files for PostgreSQL."""

from collections.abc import Iterator, Mapping, Sequence

from synth.sinks.described import Described, Place
from synth.tables.column import EPOCH_UNITS_US
from synth.tables.sql import sql_comment, sql_name, sql_names, sql_type
from synth.tables.table import Field

#: How times are printed that databases read as times.
_READ_AS_TIMES = ("iso", "%Y-%m-%d %H:%M:%S")
_UNPACKED = {"": "", "gz": "gzip -cd ", "zst": "zstd -cdq "}


def write_duckdb(place: Place) -> str:
    """To be read where it stands: ``duckdb payments.duckdb < _load_duckdb.sql``."""
    lines = [*_head(place, "duckdb payments.duckdb < _load_duckdb.sql"), "SET TimeZone = 'UTC';"]
    for each in place.tables:
        lines += ["", *_create(each)]
        names = [field.name for field in each.table.fields]
        lines.append(f"INSERT INTO {sql_name(each.name)} ({sql_names(names)}) SELECT {_selected(each)}")
        lines.append(f"FROM {_scan(place, each)};")
    return "\n".join(lines) + "\n"


def write_postgres(place: Place) -> str:
    """To be read by psql where it stands: ``psql -f _load_postgres.sql``."""
    lines = [*_head(place, "psql -v ON_ERROR_STOP=1 -1 -f _load_postgres.sql"), "SET TIME ZONE 'UTC';"]
    for each in place.tables:
        lines += ["", *_create(each), *_copies(place, each)]
    for each in place.tables:
        for name, home in place.homes(each):
            target = f"{sql_name(home.name)} ({sql_name(home.table.key[0])})"
            lines.append(f"ALTER TABLE {sql_name(each.name)} ADD FOREIGN KEY ({sql_name(name)}) REFERENCES {target};")
    return "\n".join(lines) + "\n"


def _head(place: Place, command: str) -> list[str]:
    return [f"-- {place.title}", f"-- {place.about}", f"-- Run it in the folder in which it stands: {command}", ""]


def _create(described: Described) -> Iterator[str]:
    fields = described.table.fields
    lines = [
        f"  {sql_name(f.name)} {_sql_type(f, described.form)}{'' if f.column.nullable else ' NOT NULL'}" for f in fields
    ]
    lines += [f"  PRIMARY KEY ({sql_names(described.table.key)})"] if described.table.key else []
    yield f"CREATE TABLE {sql_name(described.name)} ("
    yield ",\n".join(lines)
    yield ");"
    yield f"COMMENT ON TABLE {sql_name(described.name)} IS {_text(described.table.facts.doc)};"
    for field in fields:
        yield f"COMMENT ON COLUMN {sql_name(described.name)}.{sql_name(field.name)} IS {_text(sql_comment(field))};"


def _sql_type(field: Field, form: str) -> str:
    """The type of a column; of a time that lines print in a way that no database reads, a text."""
    if form == "parquet" or not field.column.is_time or field.format in _READ_AS_TIMES:
        return sql_type(field)
    return "bigint" if field.format in EPOCH_UNITS_US else "text"


def _selected(described: Described) -> str:
    """The columns, each with its type; a value that a folder's name has is a text until then."""
    return ", ".join(f"CAST({sql_name(f.name)} AS {_sql_type(f, described.form)})" for f in described.table.fields)


def _scan(place: Place, described: Described) -> str:
    folders = ", hive_partitioning = true, hive_types_autocast = false" if described.keys else ""
    source = _text(described.pattern)
    if described.form == "parquet":
        return f"read_parquet({source}{folders})"
    if described.form == "jsonl":
        kinds = {field.name: _sql_type(field, "jsonl") for field in described.stored}
        return f"read_json({source}, format = 'newline_delimited', columns = {_struct(kinds)}{folders})"
    header = "true" if place.content["sink"].get("header") else "false"
    texts = _struct(dict.fromkeys((field.name for field in described.stored), "varchar"))
    return (
        f"read_csv({source}, header = {header}, columns = {texts}, delim = ',', quote = '\"', escape = '\"', "
        f"nullstr = '', allow_quoted_nulls = false, auto_detect = false{folders})"
    )


def _struct(entries: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{_text(name)}: {_text(value)}" for name, value in entries.items()) + "}"


def _copies(place: Place, described: Described) -> Iterator[str]:
    """psql's \\copy of each file; what its folder says is the default of the column meanwhile."""
    header = "true" if place.content["sink"].get("header") else "false"
    names, defaults = sql_names(field.name for field in described.stored), dict[str, str | None]()
    for path in described.paths:
        told = described.partition(path)
        for key in (key for key in told if defaults.get(key) != told[key]):
            value = told[key]
            default = "NULL" if value is None else _text(value)
            yield f"ALTER TABLE {sql_name(described.name)} ALTER COLUMN {sql_name(key)} SET DEFAULT {default};"
        defaults |= told
        source = f"PROGRAM {_text(_UNPACKED[described.packed] + _shell(path))}" if described.packed else _text(path)
        yield rf"\copy {sql_name(described.name)} ({names}) FROM {source} WITH (FORMAT csv, HEADER {header})"
    yield from _undefaulted(described, sorted(defaults))


def _undefaulted(described: Described, keys: Sequence[str]) -> Iterator[str]:
    return (f"ALTER TABLE {sql_name(described.name)} ALTER COLUMN {sql_name(key)} DROP DEFAULT;" for key in keys)


def _shell(path: str) -> str:
    import shlex

    return shlex.quote(path)


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
