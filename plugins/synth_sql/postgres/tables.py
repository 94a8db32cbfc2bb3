"""synth's tables in SQL: types, keys and comments from the declared columns."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from psycopg.sql import quote

from synth import RefusedError, Table, sql_comment, sql_name, sql_names, sql_type

STAGING = "synth_staging_"
"""What the name of every table of a run that is not committed begins with."""

ROW, RUN = "synth_row", "synth_run"
"""Columns beside synth's own: the row's position from 0, and the run where several share a table."""

#: System columns, which no table may name again: https://www.postgresql.org/docs/current/ddl-system-columns.html
_TAKEN = {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid", ROW, RUN}

_LONGEST = 63  # bytes of a name, unless the server was built otherwise


@dataclass(frozen=True)
class Layout:
    """A table of a run in the database.

    Attributes:
        run: the number in ``synth_run``; None where the run has the table for itself.
    """

    table: Table
    run: int | None

    @property
    def staged(self) -> str:
        """What it is called before the commit."""
        return f"{STAGING}{self.table.name}"

    @property
    def committed(self) -> str:
        """What it is called then: its own name, or that of a part of it."""
        return self.table.name if self.run is None else f"{self.table.name}_run_{self.run}"

    @property
    def numbered(self) -> bool:
        """Whether its rows need numbers: a key that counts them is one."""
        return not self.table.counted

    @property
    def columns(self) -> list[tuple[str, str, bool]]:
        """Name, type and whether it is never null, of each column; ours come last."""
        own = [(field.name, sql_type(field), not field.column.nullable) for field in self.table.fields]
        own += [(ROW, "bigint", True)] if self.numbered else []
        return own + ([(RUN, "integer", True)] if self.run is not None else [])

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell its rows apart, within the run."""
        return self.table.key or (ROW,)

    @property
    def referred(self) -> str | None:
        """The column that others refer to: its key, or the number that stands for a key that it does not show."""
        if self.table.facts.counted:
            return self.key[0]
        return self.table.key[0] if len(self.table.key) == 1 else None

    def create(self) -> str:
        """CREATE TABLE; numbers count up with each row that comes."""
        lines = [f"{sql_name(name)} {kind}{' NOT NULL' if filled else ''}" for name, kind, filled in self.columns]
        if self.numbered:
            place = len(self.table.fields)
            lines[place] += " GENERATED ALWAYS AS IDENTITY (MINVALUE 0 START 0 CACHE 65536)"
        if self.run is not None:
            lines[-1] += f" DEFAULT {self.run} CHECK ({RUN} = {self.run})"
        return f"CREATE TABLE {sql_name(self.staged)} ({', '.join(lines)})"

    def explain(self, name: str) -> Iterator[str]:
        """COMMENT ON COLUMN of every column."""
        for field in self.table.fields:
            yield f"COMMENT ON COLUMN {sql_name(name)}.{sql_name(field.name)} IS {quote(sql_comment(field))}"
        if self.numbered:
            yield f"COMMENT ON COLUMN {sql_name(name)}.{ROW} IS {quote('key: position of the row in the run, from 0')}"

    def add_key(self) -> str:
        """The primary key."""
        return f"ALTER TABLE {sql_name(self.staged)} ADD PRIMARY KEY ({self._within_run(*self.key)})"

    def add_references(self, others: Collection["Layout"]) -> Iterator[str]:
        """The foreign keys into other tables of the run."""
        by_name = {other.table.name: other for other in others}
        for name, tables in self.table.references.items():
            home = next((by_name[table] for table in tables if table in by_name), None)
            if home and home.referred:
                target = f"{sql_name(home.staged)} ({home._within_run(home.referred)})"
                here = self._within_run(name)
                yield f"ALTER TABLE {sql_name(self.staged)} ADD FOREIGN KEY ({here}) REFERENCES {target}"

    def create_parent(self, keys: bool) -> str:
        """The table of several runs, of which each is a partition."""
        lines = [f"{sql_name(name)} {kind}{' NOT NULL' if filled else ''}" for name, kind, filled in self.columns]
        if keys:
            lines.append(f"PRIMARY KEY ({self._within_run(*self.key)})")
        return f"CREATE TABLE {sql_name(self.table.name)} ({', '.join(lines)}) PARTITION BY LIST ({RUN})"

    def _within_run(self, *columns: str) -> str:
        return sql_names(columns if self.run is None else (RUN, *columns))


def require_names(tables: Collection[Table]) -> None:
    """Refuses names that PostgreSQL keeps for itself or would cut.

    Raises:
        RefusedError: names one of them.
    """
    for table in tables:
        if len(f"{STAGING}{table.name}_run_{2**31}".encode()) > _LONGEST or table.name.startswith("synth_"):
            raise RefusedError(f"PostgreSQL cannot hold a table {table.name!r}: rename it")
        for field in table.fields:
            if field.name in _TAKEN or len(field.name.encode()) > _LONGEST:
                raise RefusedError(f"PostgreSQL cannot hold a column {field.name!r}: rename it in the view")
