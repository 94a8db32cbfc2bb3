"""Apache Iceberg: a catalog knows each table's newest metadata; a commit exchanges it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field

from synth import (
    S3,
    Column,
    LocalPlace,
    PartitionKeys,
    Problem,
    S3Options,
    SinkJob,
    Table,
    Uri,
    parse_uri,
    partition_problems,
)
from synth_lakehouse.lake import DataFile, IfExists, LakeSink, LakeTables
from synth_lakehouse.s3 import FILE_IO, OPTIONS, find_settings
from synth_lakehouse.shapes import RUN, with_told

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.catalog import Catalog
    from pyiceberg.partitioning import PartitionField
    from pyiceberg.table import Table as IcebergTable
    from pyiceberg.table import Transaction

_CATALOG = "catalog.db"
_SQLITE = "sqlite:///"

#: What is kept in the summary of a snapshot: the run that it added, and that it replaced all rows.
_ADDED, _REPLACED = "synth.run", "synth.replaced"

#: What a table knows of a file, beside its partition.
_ENTRY = (
    *("content", "file_path", "file_format", "record_count", "file_size_in_bytes", "column_sizes", "value_counts"),
    *("null_value_counts", "nan_value_counts", "lower_bounds", "upper_bounds", "split_offsets", "sort_order_id"),
)


@dataclass(frozen=True, kw_only=True)
class IcebergConfig:
    """Apache Iceberg tables in a catalog that Spark, Trino, DuckDB and others share."""

    kind: Literal["iceberg"] = "iceberg"
    uri: Uri
    catalog: Annotated[
        str | None, Field(description="sqlite:////path/file.db or a REST catalog's address; null: a file in the place")
    ]
    namespace: Annotated[str, Field(min_length=1, description="the tables' namespace; made where it is missing")]
    if_exists: Annotated[IfExists, Field(description="where tables are: refuse, replace their rows, or add to them")]
    compression: Annotated[Literal["zstd", "snappy", "gzip", "none"], Field(description="compression of the columns")]
    row_group_rows: Annotated[int, Field(ge=1, le=100_000_000, description="most rows of a row group")]
    s3: S3 = field(default_factory=S3Options)
    partition_by: PartitionKeys = field(default_factory=list)

    def problems(self) -> Iterator[Problem]:
        """Refuses a bucket without a catalog, and a catalog's address with a password in it."""
        if self.catalog is None and (self.uri or "").lower().startswith("s3:"):
            yield Problem(
                path="catalog",
                message="tables in a bucket need a catalog",
                allowed=("sqlite:////path/file.db or a REST catalog's address",),
            )
        if "@" in urlsplit(self.catalog or "").netloc:
            message = "a catalog's address holds no password: set PYICEBERG_CATALOG__SYNTH__TOKEN"
            yield Problem(
                path="catalog", message=message, allowed=("sqlite:////path/file.db or a REST catalog's address",)
            )

    def problems_with(self, view: Mapping[str, Column], window: object) -> Iterator[Problem]:
        """Yields the partitions that the view or the format does not have."""
        problems = [*partition_problems(self.partition_by, view)]
        yield from problems
        times = [key for key in self.partition_by if key not in view]
        named = [f"{name}_{key}" for key in times for name, column in view.items() if column.name == "time"]
        for name in (name for name in named if name in view):
            message = f"Iceberg calls a partition {name!r}, as a column of the view is called"
            allowed = (f"another name for the column: columns.rename.{name}=…",)
            yield Problem(path="partition_by", message=message, allowed=allowed)
        if len(times) > 1 and not problems:
            message = "Iceberg knows one part of the time for each table"
            yield Problem(path="partition_by", message=message, allowed=tuple(times))


def taken_namespace(config: IcebergConfig) -> list[tuple[str, ...]]:
    """The namespace in a catalog of its own address, in which the place of the files does not tell tables apart."""
    return [("iceberg", config.catalog.rstrip("/"), config.namespace)] if config.catalog else []


class IcebergSink(LakeSink):
    """Iceberg tables; a partition's files hold its values, as those of other writers do: it is by what rows say."""

    keeps_keys = True

    def __init__(self, config: IcebergConfig, job: SinkJob) -> None:
        keys, s3 = config.partition_by, config.s3
        super().__init__(config.if_exists, config.compression, config.row_group_rows, job, keys, s3)
        self._config = config

    def _connect(self) -> LakeTables:
        return IcebergTables(self.uri, self._config.catalog, self._config.namespace, self._config.s3)


class IcebergTables(LakeTables):
    """The tables of a namespace in a catalog; their files lie in folders of the place."""

    reshapes = False

    def __init__(self, uri: str, catalog: str | None, namespace: str, options: S3Options | None = None) -> None:
        place = parse_uri(uri)
        local = isinstance(place, LocalPlace)
        # As it is: pyiceberg takes nothing for an escape, and a folder of a sweep is called 0_seed=1.
        self._root = f"file://{place.path}" if isinstance(place, LocalPlace) else place.uri
        self._namespace = namespace
        address = catalog or f"{_SQLITE}{place.path / _CATALOG}" if isinstance(place, LocalPlace) else catalog
        self._settings = {"uri": address or "", "warehouse": self._root} | ({} if local else _s3_settings(options))

    def _catalog(self) -> "Catalog":
        from pyiceberg.catalog import load_catalog

        return load_catalog("synth", **self._settings)

    def _open(self, table: str) -> "IcebergTable | None":
        from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError

        address = self._settings["uri"]
        if address.startswith(_SQLITE) and not Path(address.removeprefix(_SQLITE)).exists():
            return None  # loading would make the file
        try:
            return self._catalog().load_table((self._namespace, table))
        except (NoSuchNamespaceError, NoSuchTableError):
            return None

    def schema(self, table: str) -> "pa.Schema | None":
        """The columns, as Arrow sees them."""
        found = self._open(table)
        return None if found is None else found.schema().as_arrow()

    def shape(self, table: Table, by: Sequence[str]) -> "pa.Schema":
        """Partitions are by what rows say, and by transforms of it; the run alone is said beside the files."""
        return with_told(table.schema, (key for key in by if key == RUN))

    def partitions(self, table: str) -> list[str]:
        """The columns of identities, and the names of other transforms."""
        found = self._open(table)
        if found is None:
            return []
        name = found.schema().find_column_name
        return [str(name(f.source_id) if _is_identity(f) else f.transform) for f in found.spec().fields]

    def version(self, table: str) -> int:
        """Iceberg's sequence number."""
        found = self._open(table)
        return 0 if found is None else found.metadata.last_sequence_number

    def files(self, table: str) -> set[str]:
        """As the catalog's newest metadata tell."""
        found = self._open(table)
        paths = [task.file.file_path for task in found.scan().plan_files()] if found is not None else []
        return {path.removeprefix(f"{self._root}/") for path in paths}

    def runs(self, table: str) -> set[str]:
        """What the commits since the last replacement say that they added."""
        found = self._open(table)
        return {run for properties in _commits(found) if (run := properties.get(_ADDED))} if found else set()

    def holds(self, table: str, run: str) -> bool:
        """By the summaries of the snapshots that led to the newest one."""
        return run in self.runs(table)

    def add(self, table: Table, files: Sequence[DataFile], *, replace: bool, run: str, by: Sequence[str]) -> None:
        """One more state of the table; where rows are replaced, by way of a snapshot without any."""
        name, catalog, found = (self._namespace, table.name), self._catalog(), self._open(table.name)
        if found is None:
            schema = self.shape(table, by)
            catalog.create_namespace_if_not_exists(self._namespace)
            begun = catalog.create_table_transaction(name, schema, location=f"{self._root}/{table.name}")
        else:
            begun = found.transaction()
        with begun as transaction:
            if transaction.table_metadata.name_mapping() is None:
                transaction.set_properties(_properties(table, transaction))
            if found is None and by:
                with transaction.update_spec() as partitions:
                    for key in by:
                        partitions.add_field(*((key, "identity") if key in schema.names else (_time_of(table), key)))
            if replace and found is not None and found.current_snapshot():
                transaction.delete("true")
            summary = ({_ADDED: run} if run else {}) | ({_REPLACED: "true"} if run and replace else {})
            _add_files(transaction, self._root, [file for file in files if file.footer.num_rows], summary)

    def take_back(self, table: Table, version: int, run: str) -> None:
        """The earlier snapshot again; a table that was made just now goes away."""
        from pyiceberg.table.snapshots import ancestors_of

        found = self._open(table.name)
        if found is None:
            return
        if not version:
            self._catalog().purge_table((self._namespace, table.name))
            return
        led = ancestors_of(found.current_snapshot(), found.metadata)
        snapshot = next(s for s in led if (s.sequence_number or 0) <= version)
        found.manage_snapshots().rollback_to_snapshot(snapshot.snapshot_id).commit()


def _properties(table: Table, transaction: "Transaction") -> dict[str, str]:
    """Of a new table: its files know their columns by name, and nothing that bounds texts that never repeat."""
    from pyiceberg.table import TableProperties

    unbounded = (field.name for field in table.fields if field.column.scattered)
    return {
        TableProperties.DEFAULT_NAME_MAPPING: transaction.table_metadata.schema().name_mapping.model_dump_json(),
        **{f"{TableProperties.METRICS_MODE_COLUMN_CONF_PREFIX}.{name}": "none" for name in unbounded},
    }


def _time_of(table: Table) -> str:
    """The column from which parts of the event time are made."""
    return next(field.name for field in table.fields if field.column.name == "time")


def _typed(text: str | None, kind: "pa.DataType") -> Any:
    import pyarrow as pa

    return pa.scalar(text, pa.string()).cast(kind).as_py()


def _is_identity(field: "PartitionField") -> bool:
    from pyiceberg.transforms import IdentityTransform

    return isinstance(field.transform, IdentityTransform)


def _add_files(transaction: "Transaction", root: str, files: Sequence[DataFile], summary: Mapping[str, str]) -> None:
    """Adds files, each with what its folders say of its rows, and in one part of the time, which its bounds say.

    A reader takes the value of an identity partition from there where a file has no such column, as ``synth_run``:
    https://iceberg.apache.org/spec/#column-projection
    """
    from pyiceberg.io.pyarrow import parquet_file_to_data_file
    from pyiceberg.manifest import DataFile as Entry
    from pyiceberg.typedef import Record

    metadata = transaction.table_metadata
    kinds, fields, column = metadata.schema().as_arrow(), metadata.spec().fields, metadata.schema().find_column_name
    with transaction.update_snapshot(snapshot_properties=dict(summary)).fast_append() as append:
        for file in files:
            found = parquet_file_to_data_file(transaction._table.io, metadata, f"{root}/{file.name}")
            told = {
                key: _typed(text, kinds.field(key).type) for key, text in file.partition.items() if key in kinds.names
            }
            values = [
                told[str(column(each.source_id))] if _is_identity(each) else found.partition[i]
                for i, each in enumerate(fields)
            ]
            known = {name: getattr(found, name) for name in _ENTRY} | {"spec_id": metadata.default_spec_id}
            append.append_data_file(Entry.from_args(**known, partition=Record(*values)))


def _commits(table: "IcebergTable") -> Iterator[dict[str, str]]:
    """What is kept with each commit that led to the newest state, from it back to that which last replaced the rows."""
    from pyiceberg.table.snapshots import ancestors_of

    for snapshot in ancestors_of(table.current_snapshot(), table.metadata):
        properties = snapshot.summary.additional_properties if snapshot.summary else {}
        yield properties
        if _REPLACED in properties:
            return


def _s3_settings(options: S3Options | None) -> dict[str, str]:
    s3 = find_settings()
    found = {
        "s3.endpoint": s3.endpoint,
        "s3.region": s3.region,
        "s3.access-key-id": s3.access_key,
        "s3.secret-access-key": s3.secret_key,
        "s3.session-token": s3.token,
    }
    if options and options != S3Options():
        found |= {"py-io-impl": FILE_IO, OPTIONS: json.dumps(asdict(options))}
    return {key: value for key, value in found.items() if value}
