"""The sink: staging tables filled by COPY, a transaction a block, and one transaction that puts them in place."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import TransactionStatus

from synth import PreflightContext, PreflightResult, Receipt, RefusedError, RunError, SinkJob, Staged, sql_name
from synth_sql.postgres.address import Address
from synth_sql.postgres.config import PostgresConfig
from synth_sql.postgres.copying import HEADER, TRAILER, encode_rows
from synth_sql.postgres.patience import Patient
from synth_sql.postgres.schema_state import RUNS, SchemaState, tables_of
from synth_sql.postgres.tables import ROW, STAGING, Layout, require_names

if TYPE_CHECKING:
    from synth import Batch

log = logging.getLogger(__name__)

_BLOCKS = f"{STAGING}blocks"
"""The checkpoint: a row for each block that is in the staging tables."""


@dataclass
class _Stream:
    """The bytes that a table was filled with, as they come back from it."""

    bytes: int = 0
    state: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def see(self, data: bytes) -> None:
        self.bytes += len(data)
        self.state.update(data)


class PostgresSink:
    """Staging tables, ``synth_staging_…``, in the schema itself: renamed or attached at the commit, never copied.

    Workers lay the rows out for COPY; the driver sends them, a transaction a block, through one connection. An advisory
    lock on the schema tells a living run's staging from a dead one's, which the next run drops.
    """

    def __init__(self, config: PostgresConfig, job: SinkJob) -> None:
        self._address = Address.parse(job.uri, config.schema)
        self.uri = self._address.uri
        self._config, self._job = config, job
        self._mode = "replace" if job.overwrite else config.if_exists
        self._connection: Patient | None = None
        self._layouts: dict[str, Layout] = {}
        self._streams: dict[str, _Stream] = {}

    def __getstate__(self) -> dict[str, Any]:
        """What a worker in another process needs to write: the connection stays with the driver."""
        return self.__dict__ | {"_connection": None, "_streams": {}}

    def check(self) -> None:
        """Connects, and asks the database whether this run may write there."""
        require_names((*self._job.tables, *self._job.extra))
        with self._address.explaining(RefusedError, "write to"), self._address.connect() as connection:
            standing = SchemaState(connection, self._address)
            standing.require_schema()
            standing.require_room(self._lay_out(standing), self._mode)

    def preflight(self, context: PreflightContext) -> list[PreflightResult]:
        """Looks at the server, the schema and the tables, up to the first thing that is wrong."""
        found: list[PreflightResult] = []
        what = "names"
        try:
            require_names((*self._job.tables, *self._job.extra))
            what = "server"
            with self._address.explaining(RefusedError, "reach"), self._address.connect() as connection:
                info = connection.info
                message = f"{info.host} answers: PostgreSQL {info.parameter_status('server_version')}"
                found.append(PreflightResult(what=what, state="ok", message=message))
                found.append(
                    PreflightResult(what="access", state="ok", message=f"as {info.user}, in database {info.dbname}")
                )
                what, standing = "schema", SchemaState(connection, self._address)
                standing.require_schema()
                found.append(
                    PreflightResult(what=what, state="ok", message=f"tables can be made in {self._address.schema}")
                )
                what = "tables"
                standing.require_room(self._lay_out(standing), self._mode)
                found.append(PreflightResult(what=what, state="ok", message="nothing stands in the way"))
        except RefusedError as error:
            found.append(PreflightResult(what=what, state="failure", message=str(error)))
        return found

    def _lay_out(self, standing: SchemaState) -> list[Layout]:
        run = max(standing.runs(), default=0) + 1 if self._mode == "append" else None
        return [Layout(table, run) for table in (*self._job.tables, *self._job.extra)]

    def measure(self, batches: "Mapping[str, Batch]") -> int:
        """Lays the rows out and counts the bytes."""
        return sum(len(piece) for batch in batches.values() for piece in encode_rows(batch))

    def open(self, extra: "Sequence[Batch]") -> None:
        """Locks the schema, makes the staging tables, and fills those that come once."""
        logging.getLogger("psycopg").setLevel(logging.ERROR)  # what it fails to roll back, abort() takes back
        with self._address.explaining(RunError, "write to"):
            connection = self._address.connect()
            connection.autocommit = True
            standing = SchemaState(connection, self._address)
            try:
                standing.require_schema()
                standing.lock()
                layouts = self._lay_out(standing)
                standing.require_room(layouts, self._mode)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
            self._layouts = {layout.table.name: layout for layout in layouts}
            if layouts[0].run is not None:
                self.uri = self._address.of_run(layouts[0].run)
            with connection.transaction():
                standing.clear()
                connection.execute(f"CREATE TABLE {_BLOCKS} (block integer PRIMARY KEY, rows bigint NOT NULL)")
                for layout in layouts:
                    connection.execute(layout.create())
                    self._streams[layout.table.name] = _Stream()
                    self._streams[layout.table.name].see(HEADER)
                for batch in extra:
                    self._copy(batch.table.name, encode_rows(batch))

    def write(self, block: int, batches: "Mapping[str, Batch]") -> Receipt:
        """Lays the block's rows out for COPY."""
        return Receipt(block, (), {name: encode_rows(batch) for name, batch in batches.items()})

    def collect(self, receipt: Receipt) -> None:
        """Sends the block, with its checkpoint, in one transaction; one that is there already is left alone."""
        connection = self._connected()
        with self._address.explaining(RunError, "write to"), connection.transaction():
            if connection.execute(f"SELECT 1 FROM {_BLOCKS} WHERE block = %s", [receipt.block]).fetchone():
                return
            rows = sum(self._copy(name, pieces) for name, pieces in receipt.payloads.items())
            connection.execute(f"INSERT INTO {_BLOCKS} VALUES (%s, %s)", [receipt.block, rows])

    def _copy(self, name: str, pieces: Sequence[bytes]) -> int:
        layout = self._layouts[name]
        names = ", ".join(sql_name(field.name) for field in layout.table.fields)
        with self._connected().cursor() as cursor:
            statement = f"COPY {sql_name(layout.staged)} ({names}) FROM STDIN (FORMAT binary)"
            with cursor.copy(statement) as copy:
                copy.write(HEADER)
                for piece in pieces:
                    copy.write(piece)
                    self._streams[name].see(piece)
                copy.write(TRAILER)
            return cursor.rowcount

    def finish(self) -> dict[str, list[Staged]]:
        """Makes the keys; tells the bytes that each table gives back when it is read by COPY."""
        connection, layouts = self._connected(), list(self._layouts.values())
        with (
            self._address.explaining(RunError, "complete the tables of"),
            connection.patiently(),
            connection.transaction(),
        ):
            for layout in layouts:
                for comment in layout.explain(layout.staged):
                    connection.execute(comment)
                if layout.numbered:
                    connection.execute(f"ALTER TABLE {sql_name(layout.staged)} ALTER COLUMN {ROW} DROP IDENTITY")
            if self._config.keys:
                for statement in (
                    *(layout.add_key() for layout in layouts),
                    *(reference for layout in layouts for reference in layout.add_references(layouts)),
                ):
                    connection.execute(statement)
        files = {}
        for name, stream in self._streams.items():
            stream.see(TRAILER)
            files[name] = [Staged(f"{name}.pgcopy", stream.bytes, stream.state.hexdigest(), "")]
        return files

    def commit(self, manifest: bytes) -> None:
        """Puts the tables in place and writes the manifest, in one transaction."""
        connection = self._connected()
        standing = SchemaState(connection, self._address)
        with self._address.explaining(RunError, "publish to"), connection.transaction():
            if self._mode == "replace":
                standing.drop(sorted(tables_of(standing.runs().values())))
            for layout in self._layouts.values():
                self._place(standing, layout)
            standing.drop([_BLOCKS])
            if RUNS not in standing.kinds([RUNS]):
                connection.execute(f"CREATE TABLE {RUNS} (run integer PRIMARY KEY, manifest text NOT NULL)")
            if self._mode == "replace":
                connection.execute(f"DELETE FROM {RUNS}")
            run = next(iter(self._layouts.values())).run or 1
            connection.execute(f"INSERT INTO {RUNS} VALUES (%s, %s)", [run, manifest.decode()])
        self._leave()

    def _place(self, standing: SchemaState, layout: Layout) -> None:
        """Gives a table its name, and its constraints theirs."""
        connection = standing.connection
        connection.execute(f"ALTER TABLE {sql_name(layout.staged)} RENAME TO {sql_name(layout.committed)}")
        query = "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND starts_with(conname, %s)"
        for (name,) in connection.execute(query, [sql_name(layout.committed), layout.staged]).fetchall():
            wanted = layout.committed + name.removeprefix(layout.staged)
            change = f"RENAME CONSTRAINT {sql_name(name)} TO {sql_name(wanted)}"
            connection.execute(f"ALTER TABLE {sql_name(layout.committed)} {change}")
        if layout.run is None:
            return
        parent = sql_name(layout.table.name)
        if layout.table.name not in standing.kinds([layout.table.name]):
            connection.execute(layout.create_parent(self._config.keys))
            for comment in layout.explain(layout.table.name):
                connection.execute(comment)
        attached = f"ATTACH PARTITION {sql_name(layout.committed)} FOR VALUES IN ({layout.run})"
        connection.execute(f"ALTER TABLE {parent} {attached}")

    def abort(self) -> None:
        """Drops what is staged; where the connection is gone, by another one, or the next run does it."""
        if self._connection is None:
            return
        try:
            with self._address.explaining(RunError, "take back what is staged in"):
                if self._connection.info.transaction_status != TransactionStatus.IDLE:
                    # Lost, or left by Ctrl-C in the middle of an answer: its transaction ends with it.
                    self._connection.close()
                    self._connection = self._address.connect()
                    self._connection.autocommit = True
                    SchemaState(self._connection, self._address).enter()
                    SchemaState(self._connection, self._address).lock()
                with self._connection.transaction():
                    SchemaState(self._connection, self._address).clear()
        except (RunError, RefusedError) as error:
            log.warning("something is left: %s; the next run there takes it back", error)
        finally:
            self._leave()

    def _connected(self) -> Patient:
        assert self._connection is not None, "open() comes first"
        return self._connection

    def _leave(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
        self._connection = None
