"""Reads the state of a schema: earlier runs, their tables, tables of other people, and the rest of a killed run."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from psycopg import errors

from synth import RefusedError, sql_name
from synth_sql.postgres.address import Address
from synth_sql.postgres.tables import STAGING, Layout

if TYPE_CHECKING:
    from psycopg import Connection

RUNS = "synth_runs"
"""The table of committed runs; its rows are written last."""

_LOCK = 0x53594E54  # "SYNT": our lock on a schema, beside other programs' advisory locks
_LOCK_WAIT = "5s"  # a server may take a moment to see that a killed run is gone
_TRY_WAIT = "2s"


@dataclass(frozen=True)
class SchemaState:
    """The schema as a connection finds it."""

    connection: "Connection"
    address: Address

    def require_schema(self) -> None:
        """Makes the schema the only one that names are looked up in.

        Raises:
            RefusedError: there is none, or nothing can be created in it.
        """
        schema = self.address.schema
        may = "has_schema_privilege(oid, 'USAGE'), has_schema_privilege(oid, 'CREATE')"
        row = self.connection.execute(f"SELECT {may} FROM pg_namespace WHERE nspname = %s", [schema]).fetchone()
        if row is None:
            message = f"create it with CREATE SCHEMA {sql_name(schema)}, or name another one"
            raise RefusedError(f"cannot write to {self.address.uri}: there is no schema {schema!r}; {message}")
        if not all(row):
            message = f"ask for GRANT USAGE, CREATE ON SCHEMA {sql_name(schema)}, or name another one"
            raise RefusedError(f"cannot write to {self.address.uri}: no permission in schema {schema!r}; {message}")
        self.enter()

    def enter(self) -> None:
        """Looks names up in the schema, for the rest of the session."""
        self.connection.execute("SELECT set_config('search_path', %s, false)", [sql_name(self.address.schema)])

    def lock(self) -> None:
        """Keeps other runs out of the schema until the connection ends.

        Raises:
            RefusedError: one is writing.
        """
        place = "(SELECT oid::int FROM pg_namespace WHERE nspname = %s)"
        try:
            with self._waiting(_LOCK_WAIT):
                self.connection.execute(f"SELECT pg_advisory_lock({_LOCK}, {place})", [self.address.schema])
        except errors.LockNotAvailable as error:
            message = f"another run is writing to {self.address.uri}: wait until it has ended, or choose another schema"
            raise RefusedError(message) from error

    @contextmanager
    def _waiting(self, most: str) -> Iterator[None]:
        with self.connection.transaction():
            self.connection.execute(f"SET LOCAL lock_timeout = '{most}'")
            yield

    def runs(self) -> dict[int, str]:
        """Run → manifest, of every committed run."""
        if RUNS not in self.kinds([RUNS]):
            return {}
        return dict(self.connection.execute(f"SELECT run, manifest FROM {RUNS} ORDER BY run").fetchall())

    def kinds(self, names: Sequence[str]) -> dict[str, str]:
        """Those of the names that stand in the schema, with their ``relkind``."""
        query = (
            "SELECT relname, relkind::text FROM pg_class WHERE relnamespace = %s::regnamespace AND relname = ANY(%s)"
        )
        return dict(self.connection.execute(query, [sql_name(self.address.schema), list(names)]).fetchall())

    def columns(self, table: str) -> list[tuple[str, str, bool]]:
        """Name, type and whether it is never null, of each column."""
        query = "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute"
        query += " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        return self.connection.execute(query, [sql_name(table)]).fetchall()

    def require_room(self, layouts: Sequence[Layout], mode: Literal["fail", "replace", "append"]) -> None:
        """Holds the tables of a run against what stands here.

        Raises:
            RefusedError: it may not be written.
        """
        uri, runs = self.address.uri, self.runs()
        own = tables_of(runs.values())
        found = self.kinds([name for layout in layouts for name in (layout.table.name, layout.committed)])
        if foreign := sorted({*found} - own):
            message = "no run of synth made it; choose another schema, or drop it"
            raise RefusedError(f"cannot write to {uri}: there is a table {foreign[0]!r}, and {message}")
        if runs and mode == "fail":
            message = "--overwrite replaces it, if_exists=append adds to it, or choose another schema"
            raise RefusedError(f"{uri} already holds a run ({RUNS}): {message}")
        if runs and mode == "append":
            self._require_shapes(layouts, found)
        if runs and mode == "replace":
            self._try_drop(sorted(own))

    def _require_shapes(self, layouts: Sequence[Layout], found: dict[str, str]) -> None:
        uri = self.address.uri
        for layout in layouts:
            name = layout.table.name
            if name not in found:
                continue
            if found[name] != "p":
                message = "was written without if_exists=append, and takes no second run; --overwrite replaces it"
                raise RefusedError(f"cannot append to {uri}: table {name!r} {message}")
            before, after = self.columns(name), layout.columns
            for here, wanted in zip([*before, *[None] * len(after)], [*after, *[None] * len(before)], strict=True):
                if here != wanted:
                    message = f"it has {_told(here)} where this run has {_told(wanted)}"
                    raise RefusedError(f"cannot append to {uri}: table {name!r} has another shape: {message}")

    def _try_drop(self, names: Sequence[str]) -> None:
        """Finds out whether the tables can go, by dropping them in a transaction that is taken back.

        Whether somebody who reads them now has finished by the commit, nobody knows.
        """
        try:
            with self._waiting(_TRY_WAIT), self.connection.transaction(force_rollback=True):
                self.drop(names)
        except errors.LockNotAvailable:
            pass
        except (errors.InsufficientPrivilege, errors.DependentObjectsStillExist) as error:
            message = error.diag.message_detail or "they belong to somebody else"
            said = f"{error.diag.message_primary} ({' '.join(message.split())})"
            raise RefusedError(f"cannot replace the run in {self.address.uri}: {said}") from error

    def drop(self, names: Sequence[str]) -> None:
        """Drops tables, in one go: they refer to each other."""
        if names:
            self.connection.execute(f"DROP TABLE IF EXISTS {', '.join(map(sql_name, names))}")

    def clear(self) -> None:
        """Drops what is staged; under the lock it is ours, or a killed run's."""
        query = "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r'"
        query += " AND starts_with(relname, %s) ORDER BY 1"
        rows = self.connection.execute(query, [sql_name(self.address.schema), STAGING]).fetchall()
        self.drop([name for (name,) in rows])


def tables_of(manifests: Iterable[str]) -> set[str]:
    """The tables that manifests name."""
    return {name for manifest in manifests for name in json.loads(manifest)["tables"]}


def _told(column: tuple[str, str, bool] | None) -> str:
    if column is None:
        return "no column"
    name, kind, filled = column
    return f"{name} {kind}{' not null' if filled else ''}"
