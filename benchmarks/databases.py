"""How fast rows reach databases and lake tables, beside psql, which copies ready bytes and makes nothing.

    python -m benchmarks.databases [--runs 3] [--rows 5400000]

Needs PostgreSQL's server and psql; starts a server of its own on this machine, which takes its part of the cores.
"""

import argparse
import tempfile
from pathlib import Path

from benchmarks.run import MAIN, SYNTH, compare, measure, show
from tests.plugins.postgres_server import run_postgres


def main() -> None:
    """Loads the table once for its bytes, then alternates psql and the sinks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rows", type=int, default=5_400_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="synth-bench-") as name, run_postgres() as server:
        out = Path(name)
        run = [SYNTH, "run", *MAIN, f"generator.transactions={args.rows}"]
        address = server.uri().partition("?")[0]
        postgres = [*run, "sink=postgres", f"sink.postgres.uri={address}"]
        ready, psql = out / "ready.bin", ["psql", address, "-q", "-c"]
        measure(postgres, out)
        measure([*psql, f"\\copy transactions to {ready} with (format binary)"], out)
        server.ask("CREATE TABLE ready (LIKE transactions)")
        truncate, copy = "TRUNCATE ready", f"\\copy ready from {ready} with (format binary)"
        commands = {
            "psql, ready bytes": [*psql, truncate, "-c", copy],
            "postgres, no keys": [*postgres, "sink.postgres.keys=false"],
            "postgres": postgres,
            **{
                kind: [*run, f"sink={kind}", f"sink.{kind}.uri={out / kind}"]
                for kind in ("duckdb", "delta", "iceberg", "parquet")
            },
        }
        show("databases", compare(commands, args.runs, out), dict.fromkeys(commands, args.rows))


if __name__ == "__main__":
    main()
