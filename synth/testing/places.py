"""Where a sink writes, for the contracts of sinks."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa

from synth.check.reader import open_output
from synth.errors import RefusedError
from synth.sinks.stores import open_store
from synth.testing.configs import ConfigChecks
from synth.testing.contract import Broken
from synth.testing.lifecycle import Life


class Places(ConfigChecks):
    """Where a sink writes, and what stands there. A subclass may write elsewhere, e.g. into a bucket of its own."""

    def make_uri(self, folder: Path) -> str:
        """A place for one run, in a fresh folder that goes away after the check."""
        return str(folder / "out")

    def read(self, uri: str, table: str) -> pd.DataFrame:
        """A table of the run at a place, by another route than the sink's.

        Raises:
            RefusedError: there is no run.
        """
        return open_output(uri, self.bench.catalog).to_pandas(table)

    def traces(self, folder: Path, uri: str) -> dict[str, bytes]:
        """Everything that is there, staged or not; directories, too. What is elsewhere a subclass has to list."""
        found = sorted(folder.rglob("*"))
        return {p.relative_to(folder).as_posix(): p.read_bytes() if p.is_file() else b"" for p in found}

    def visible(self, uri: str) -> set[str]:
        """The names of the files that a reader sees at a place."""
        try:
            return set(open_store(uri).list_files())
        except RefusedError:
            return set()

    @contextmanager
    def place(self) -> Iterator[tuple[Path, str]]:
        """A folder and the uri in it."""
        with tempfile.TemporaryDirectory(prefix="synth-testing-") as name:
            yield Path(name), self.make_uri(Path(name))

    def require_written(self, life: Life, uri: str) -> None:
        """Compares every table at a place with what was handed to the sink."""
        handed = {t.name: [b.batches[t.name].native for b in life.made] for t in life.prepared.make_block.tables}
        handed |= {batch.table.name: [batch.native] for batch in life.prepared.extra}
        for name, batches in handed.items():
            wanted, found = pa.Table.from_batches(batches).to_pandas(), self.read(uri, name)
            if len(found) != len(wanted):
                raise Broken(f"{len(found):,} rows come back of {len(wanted):,}", f"table {name}")
            if list(found.columns) != list(wanted.columns):
                raise Broken(f"the columns {', '.join(found.columns)} come back", f"table {name}")
            for column in wanted.columns:
                if not found[column].equals(wanted[column].astype(found[column].dtype)):
                    raise Broken("other values come back than were written", f"table {name}, column {column}")
