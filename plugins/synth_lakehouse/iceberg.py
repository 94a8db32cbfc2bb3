"""Apache Iceberg: a catalog knows each table's newest metadata; a commit exchanges it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field

from synth import LocalPlace, Problem, SinkJob, Table, Uri, parse_uri
from synth_lakehouse.lake import DataFile, IfExists, LakeSink, LakeTables
from synth_lakehouse.s3 import find_settings

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table as IcebergTable

_CATALOG = "catalog.db"
_SQLITE = "sqlite:///"


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

    def problems(self) -> Iterator[Problem]:
        """Refuses a bucket without a catalog, and a catalog's address with a password in it."""
        if self.catalog is None and (self.uri or "").lower().startswith("s3:"):
            yield Problem(
                path="catalog",
                message="tables in a bucket need a catalog",
                allowed="sqlite:////path/file.db or a REST catalog's address",
            )
        if "@" in urlsplit(self.catalog or "").netloc:
            message = "a catalog's address holds no password: set PYICEBERG_CATALOG__SYNTH__TOKEN"
            yield Problem(
                path="catalog", message=message, allowed="sqlite:////path/file.db or a REST catalog's address"
            )


def taken_namespace(config: IcebergConfig) -> list[tuple[str, ...]]:
    """The namespace in a catalog of its own address, in which the place of the files does not tell tables apart."""
    return [("iceberg", config.catalog.rstrip("/"), config.namespace)] if config.catalog else []


class IcebergSink(LakeSink):
    """Iceberg tables."""

    def __init__(self, config: IcebergConfig, job: SinkJob) -> None:
        super().__init__(config.if_exists, config.compression, config.row_group_rows, job)
        self._config = config

    def _connect(self) -> LakeTables:
        return IcebergTables(self.uri, self._config.catalog, self._config.namespace)


class IcebergTables(LakeTables):
    """The tables of a namespace in a catalog; their files lie in folders of the place."""

    reshapes = False

    def __init__(self, uri: str, catalog: str | None, namespace: str) -> None:
        place = parse_uri(uri)
        local = isinstance(place, LocalPlace)
        # As it is: pyiceberg takes nothing for an escape, and a folder of a sweep is called 0_seed=1.
        self._root = f"file://{place.path}" if isinstance(place, LocalPlace) else place.uri
        self._namespace = namespace
        address = catalog or f"{_SQLITE}{place.path / _CATALOG}" if isinstance(place, LocalPlace) else catalog
        self._settings = {"uri": address or "", "warehouse": self._root} | ({} if local else _s3_settings())

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

    def version(self, table: str) -> int:
        """Iceberg's sequence number."""
        found = self._open(table)
        return 0 if found is None else found.metadata.last_sequence_number

    def add(self, table: Table, files: Sequence[DataFile], *, replace: bool) -> None:
        """One more state of the table; where rows are replaced, by way of a snapshot without any."""
        name, catalog, found = (self._namespace, table.name), self._catalog(), self._open(table.name)
        if found is None:
            catalog.create_namespace_if_not_exists(self._namespace)
            begun = catalog.create_table_transaction(name, table.schema, location=f"{self._root}/{table.name}")
        else:
            begun = found.transaction()
        with begun as transaction:
            if replace and found is not None and found.current_snapshot():
                transaction.delete("true")
            transaction.add_files([f"{self._root}/{file.name}" for file in files if file.rows])

    def take_back(self, table: Table, version: int) -> None:
        """The earlier snapshot again; a table that was made just now goes away."""
        found = self._open(table.name)
        if found is None:
            return
        if not version:
            self._catalog().purge_table((self._namespace, table.name))
            return
        snapshot = next(s for s in found.snapshots() if s.sequence_number == version)
        found.manage_snapshots().rollback_to_snapshot(snapshot.snapshot_id).commit()


def _s3_settings() -> dict[str, str]:
    s3 = find_settings()
    found = {
        "s3.endpoint": s3.endpoint,
        "s3.region": s3.region,
        "s3.access-key-id": s3.access_key,
        "s3.secret-access-key": s3.secret_key,
        "s3.session-token": s3.token,
    }
    return {key: value for key, value in found.items() if value}
