"""Delta Lake: a table's log names its files; a commit is one more file in it, which must not be there yet."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

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
from synth_lakehouse.s3 import find_settings
from synth_lakehouse.shapes import RUN, with_told
from synth_lakehouse.statistics import stats_of

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable, Transaction

#: Ids of applications in a table's log: of each run that was added, and of whoever last replaced the rows.
_APP, _REPLACED = "synth-run-", "synth-replaced"

#: The keys of ``s3`` that delta-rs has no word for.
_UNTOLD = ("acl", "storage_class", "tags")


@dataclass(frozen=True, kw_only=True)
class DeltaConfig:
    """Delta Lake tables that Spark, DuckDB, Polars and others read; a folder each."""

    kind: Literal["delta"] = "delta"
    uri: Uri
    if_exists: Annotated[IfExists, Field(description="where tables are: refuse, replace their rows, or add to them")]
    compression: Annotated[Literal["zstd", "snappy", "gzip", "none"], Field(description="compression of the columns")]
    row_group_rows: Annotated[int, Field(ge=1, le=100_000_000, description="most rows of a row group")]
    s3: S3 = field(default_factory=S3Options)
    partition_by: PartitionKeys = field(default_factory=list)

    def problems(self) -> Iterator[Problem]:
        """Refuses what delta-rs, which puts a table's log, cannot be told."""
        for name in _UNTOLD:
            if getattr(self.s3, name):
                message = "Delta's log is put by a library that can be told of encryption alone"
                yield Problem(path=f"s3.{name}", message=message, hint="leave it out; the bucket's own rules apply")

    def problems_with(self, view: Mapping[str, Column], window: object) -> Iterator[Problem]:
        """Yields the partitions that the view does not have, and names with which readers of Delta cannot do."""
        # Polars takes a table's partitions from the folders' names, and decodes no keys.
        yield from partition_problems(self.partition_by, view, decoded=False)
        for key in self.partition_by:
            if twins := sorted(name for name in view if name != key and _same(name, key)):
                message = f"{key!r} and {twins[0]!r} are one name to Delta, which does not tell upper from lower case"
                allowed = (f"another name for the column: columns.rename.{twins[0]}=…",)
                yield Problem(path="partition_by", message=message, allowed=allowed)


def _same(name: str, other: str) -> bool:
    return name.casefold() == other.casefold()


class DeltaSink(LakeSink):
    """Delta tables."""

    def __init__(self, config: DeltaConfig, job: SinkJob) -> None:
        keys, s3 = config.partition_by, config.s3
        super().__init__(config.if_exists, config.compression, config.row_group_rows, job, keys, s3)
        self._s3 = s3

    def _connect(self) -> LakeTables:
        return DeltaTables(self.uri, self._s3)


class DeltaTables(LakeTables):
    """The tables below a place."""

    reshapes = True

    def __init__(self, uri: str, options: S3Options | None = None) -> None:
        place = parse_uri(uri)
        if isinstance(place, LocalPlace):
            self._root, self._options = str(place.path), {}
            return
        s3 = find_settings()
        self._root = place.uri
        self._options = {
            "AWS_ENDPOINT_URL": s3.endpoint,
            "AWS_REGION": s3.region,
            "AWS_ACCESS_KEY_ID": s3.access_key,
            "AWS_SECRET_ACCESS_KEY": s3.secret_key,
            "AWS_ALLOW_HTTP": str(s3.endpoint.startswith("http:")).lower(),
        } | ({"AWS_SESSION_TOKEN": s3.token} if s3.token else {})
        self._options |= _encryption(options) if options else {}

    def _place(self, table: str) -> str:
        return f"{self._root}/{table}"

    def _open(self, table: str) -> "DeltaTable | None":
        from deltalake import DeltaTable
        from deltalake.exceptions import TableNotFoundError

        try:
            return DeltaTable(self._place(table), storage_options=self._options)
        except TableNotFoundError:
            return None

    def schema(self, table: str) -> "pa.Schema | None":
        """The columns, as Arrow sees them."""
        import pyarrow as pa

        found = self._open(table)
        return None if found is None else pa.schema(found.schema().to_arrow())

    def shape(self, table: Table, by: Sequence[str]) -> "pa.Schema":
        """Partitions are by columns alone: parts of the time become some."""
        return with_told(table.schema, (key for key in by if key not in table.schema.names))

    def partitions(self, table: str) -> list[str]:
        """The partition columns."""
        found = self._open(table)
        return [] if found is None else list(found.metadata().partition_columns)

    def version(self, table: str) -> int:
        """Delta's own version, counted from 1."""
        found = self._open(table)
        return 0 if found is None else found.version() + 1

    def files(self, table: str) -> set[str]:
        """As the log tells."""
        found = self._open(table)
        uris = found.file_uris() if found is not None else []
        return {f"{table}/{uri.rpartition(f'/{table}/')[2]}" for uri in uris}

    def runs(self, table: str) -> set[str]:
        """The values of the partition column."""
        found = self._open(table)
        if found is None or RUN not in self.partitions(table):
            return set()
        return {str(each[RUN]) for each in found.partitions()}

    def holds(self, table: str, run: str) -> bool:
        """By the transaction id of the run: its number is that of its commit; 0 where it was taken back."""
        found = self._open(table)
        if found is None:
            return False
        return (found.transaction_version(_APP + run) or 0) > (found.transaction_version(_REPLACED) or 0)

    def add(self, table: Table, files: Sequence[DataFile], *, replace: bool, run: str, by: Sequence[str]) -> None:
        """One more version; the log keeps the values of partition columns beside its files, and what bounds others."""
        from deltalake import CommitProperties, Schema
        from deltalake.transaction import AddAction, create_table_with_add_actions

        now_ms = int(time.time() * 1000)  # noqa: TID251 — of the files, as Delta asks for it; data knows no clock
        actions = [
            AddAction(
                path=file.name.removeprefix(f"{table.name}/"),
                size=file.bytes,
                partition_values=file.partition,
                modification_time=now_ms,
                data_change=True,
                stats=json.dumps(stats_of(file.footer)),
            )
            for file in files
        ]
        schema, found = Schema.from_arrow(self.shape(table, by)), self._open(table.name)
        number = 1 if found is None else found.version() + 2
        ids = [_id(_REPLACED if replace else _APP + run, number)] if run else None
        with_ids = CommitProperties(app_transactions=ids)
        if found is None:
            create_table_with_add_actions(
                self._place(table.name),
                schema,
                actions,
                partition_by=list(by),
                name=table.name,
                storage_options=self._options,
                commit_properties=with_ids,
            )
        else:
            mode = "overwrite" if replace else "append"
            found.create_write_transaction(actions, mode, schema, partition_by=list(by), commit_properties=with_ids)

    def take_back(self, table: Table, version: int, run: str) -> None:
        """The earlier version again; a table that was made just now is left without rows."""
        from deltalake import CommitProperties

        found, none = self._open(table.name), CommitProperties(app_transactions=[_id(_APP + run, 0)] if run else None)
        if found is not None and version:
            found.restore(version - 1, commit_properties=none)
        elif found is not None:
            by = self.partitions(table.name)
            found.create_write_transaction([], "overwrite", found.schema(), partition_by=by, commit_properties=none)


def _encryption(s3: S3Options) -> dict[str, str]:
    """What delta-rs puts the log with."""
    found = {
        "AWS_SERVER_SIDE_ENCRYPTION": s3.encryption,
        "AWS_SSE_KMS_KEY_ID": s3.kms_key,
        "AWS_SSE_BUCKET_KEY_ENABLED": None if s3.bucket_key is None else str(s3.bucket_key).lower(),
    }
    return {key: value for key, value in found.items() if value is not None}


def _id(app: str, version: int) -> "Transaction":
    from deltalake import Transaction

    return Transaction(app, version)
