"""A PostgreSQL server of one's own, in a fresh directory."""

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers import free_port

INSTALL = "apt-get install -y --no-install-recommends postgresql"

#: Nothing of it is worth keeping: no sync. Who is called locked has to give a password, guest has no rights; the others
#: are trusted.
SETTINGS = "-c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off -c autovacuum=off -c max_connections=30"
PASSWORD = "opensesame"
ROLES = (f"CREATE ROLE locked LOGIN PASSWORD '{PASSWORD}'", "CREATE ROLE guest LOGIN")
ACCESS = "local all all trust\nhost all locked 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n"


def missing_postgres() -> str:
    """Why no server can be started here and how to get it; empty when it can."""
    if not _binaries():
        return f"no PostgreSQL server; get it with: {INSTALL}"
    if os.geteuid() == 0 and not shutil.which("runuser"):
        return "PostgreSQL refuses to run as root, and there is no runuser"
    return ""


def _binaries() -> list[Path]:
    found = shutil.which("initdb")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    return [*([Path(found).parent] if found else []), *reversed(installed)]


@dataclass(frozen=True)
class PostgresServer:
    """A server on a port of the loopback; everybody is trusted, but for the role ``locked``."""

    directory: Path
    port: int

    def uri(self, schema: str = "public", user: str = "postgres") -> str:
        """As the sink takes it."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/postgres?schema={schema}"

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query, over a connection of its own."""
        import psycopg

        with psycopg.connect(f"postgresql://postgres@127.0.0.1:{self.port}/postgres", autocommit=True) as connection:
            cursor = connection.execute(query.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def fresh_schema(self) -> str:
        """The name of a new schema."""
        name = f"s{next(_schemas)}"
        self.ask(f"CREATE SCHEMA {name}")
        return name

    def tables(self, schema: str) -> set[str]:
        """The tables of a schema."""
        return {name for (name,) in self.ask("SELECT tablename FROM pg_tables WHERE schemaname = %s", schema)}

    def content(self, schema: str) -> dict[str, bytes]:
        """The rows of every table of a schema, in no order."""
        tables = sorted(self.tables(schema))
        return {t: "\n".join(sorted(map(repr, self.ask(f'SELECT * FROM "{schema}"."{t}"')))).encode() for t in tables}

    def start(self) -> None:
        """Starts it, and returns when it answers."""
        settings = f"-p {self.port} -k {self.directory} {SETTINGS}"
        self._call(
            "pg_ctl", "-D", self.directory / "data", "-w", "-s", "-l", self.directory / "log", "-o", settings, "start"
        )

    def stop(self) -> None:
        """Stops it at once, as a crash would."""
        self._control("-m", "immediate", "stop")

    def _control(self, *arguments: str | Path) -> None:
        self._call("pg_ctl", "-D", self.directory / "data", "-w", "-s", *arguments)

    def _call(self, program: str, *arguments: str | Path) -> None:
        switch = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
        command = [*switch, str(_binaries()[0] / program), *map(str, arguments)]
        with (self.directory / "calls").open("a+") as output:
            done = subprocess.run(command, cwd="/", stdout=output, stderr=output, check=False, timeout=60)
        if done.returncode:
            raise RuntimeError(
                f"{program} ended with {done.returncode}: {(self.directory / 'calls').read_text()[-2000:]}"
            )


_schemas = itertools.count()


@contextmanager
def run_postgres() -> Iterator[PostgresServer]:
    """A server, stopped and removed at the end."""
    with tempfile.TemporaryDirectory(prefix="synth-postgres-") as name:
        server = PostgresServer(Path(name), free_port())
        if os.geteuid() == 0:
            shutil.chown(name, "postgres")
        server._call("initdb", "-D", server.directory / "data", "-A", "trust", "-U", "postgres", "-E", "UTF8", "-N")
        (server.directory / "data/pg_hba.conf").write_text(ACCESS)
        server.start()
        try:
            for role in ROLES:
                server.ask(role)
            yield server
        finally:
            if (server.directory / "data/postmaster.pid").exists():
                server.stop()
