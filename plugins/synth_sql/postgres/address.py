"""The address of a database: a uri as libpq takes it, with the schema in it, and without a password."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

import psycopg
from psycopg import conninfo

from synth import RefusedError, SynthError, is_secret, on_one_line
from synth_sql.postgres.config import SCHEMES
from synth_sql.postgres.patience import Patient

_FROM = {"host": "PGHOST", "port": "PGPORT", "dbname": "PGDATABASE", "user": "PGUSER"}

_CONNECT_S = 10  # seconds to wait for a server that does not answer, unless PGCONNECT_TIMEOUT or the uri says otherwise

_PASSWORD = "set PGPASSWORD, or a line in ~/.pgpass"

#: What to do about the errors that users meet, by SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html
_ADVICE = {
    "28P01": _PASSWORD,
    "28000": "set PGUSER, or ask for an entry in pg_hba.conf",
    "3D000": "create the database first, or name another one",
    "42501": "ask for the privilege, or name another schema",
    "53100": "make room on the server's disk, or write fewer rows",
    "53400": "raise the limit, or write fewer rows",
    "57P01": "the server was stopped; start it and run again",
    "55P03": "somebody reads the tables that are to be replaced; run again when they have finished",
}


@dataclass(frozen=True)
class Address:
    """A schema in a database.

    Attributes:
        uri: as ``synth verify`` takes it; ``run`` is in it where another run than the last is meant.
        dsn: for libpq, without what is ours.
    """

    uri: str
    dsn: str
    schema: str
    run: int | None = None

    @classmethod
    def parse(cls, uri: str, schema: str = "public") -> "Address":
        """Reads a uri such as ``postgresql://me@host:5432/database?schema=sales``.

        Args:
            schema: where the uri names none.

        Raises:
            RefusedError: it is none; one with a password is not repeated.
        """
        base, _, query = uri.partition("?")
        if base.partition("://")[0].lower() not in SCHEMES:
            raise RefusedError("this is no uri of PostgreSQL: give postgresql://user@host:port/database")
        given = parse_qsl(query, keep_blank_values=True)
        own = {key: value for key, value in given if key in ("schema", "run")}
        rest = urlencode([(key, value) for key, value in given if key not in own], quote_via=quote)
        dsn = base + (f"?{rest}" if rest else "")
        try:
            parsed = conninfo.conninfo_to_dict(dsn)
        except psycopg.Error as error:
            raise RefusedError(f"libpq does not understand the uri: {on_one_line(str(error))}") from error
        if any(is_secret(key) for key in parsed):
            raise RefusedError(f"a uri of PostgreSQL holds no password: {_PASSWORD}")
        run = own.get("run", "")
        if run and not run.isdecimal():
            raise RefusedError(f"run={run} is no number")
        schema = own.get("schema", schema)
        shown = rest if schema == "public" else "&".join(filter(None, (rest, f"schema={quote(schema)}")))
        return cls(base + (f"?{shown}" if shown else ""), dsn, schema, int(run) if run else None)

    @property
    def steps(self) -> tuple[str, str, str]:
        """Server, database and schema; what the uri leaves out comes from the environment, as libpq takes it."""
        given = conninfo.conninfo_to_dict(self.dsn)
        known = {name: str(given.get(name) or os.environ.get(variable, "")) for name, variable in _FROM.items()}
        user = known["user"] or getpass.getuser()
        server = f"{(known['host'] or 'localhost').lower()}:{known['port'] or '5432'}"
        return server, known["dbname"] or user, self.schema

    def of_run(self, run: int) -> str:
        """The uri of one of several runs."""
        return f"{self.uri}{'&' if '?' in self.uri else '?'}run={run}"

    def connect(self) -> Patient:
        """A connection whose session sees times in UTC; the caller closes it.

        Raises:
            psycopg.Error: the server is not there, or refuses.
        """
        given = conninfo.conninfo_to_dict(self.dsn)
        patient = "connect_timeout" in given or "PGCONNECT_TIMEOUT" in os.environ
        connection = Patient.connect(self.dsn, connect_timeout=None if patient else _CONNECT_S)
        with connection.transaction():
            connection.execute("SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET extra_float_digits = 1")
            connection.execute("SET client_encoding = 'UTF8'; SET client_min_messages = 'warning'")
        return connection

    @contextmanager
    def explaining(self, kind: type[SynthError], doing: str) -> Iterator[None]:
        """Turns what PostgreSQL and libpq say into one line: what was tried, where, why not, and what to do."""
        try:
            yield
        except psycopg.Error as error:
            message = on_one_line(error.diag.message_primary or str(error)) or type(error).__name__
            detail = error.diag.message_detail
            if detail:
                message += f" ({on_one_line(detail)})"
            advice = _ADVICE.get(error.sqlstate or "", _PASSWORD if "password" in message else "")
            raise kind(f"cannot {doing} {self.uri}: {message}" + (f"; {advice}" if advice else "")) from error
