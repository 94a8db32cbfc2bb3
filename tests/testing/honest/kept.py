"""An honest sink, which the broken ones are edits of: a Parquet file for each table of each block."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from synth import SinkSpec, hookimpl
from synth.contracts.sink import ONCE, Receipt, SinkJob
from synth.contracts.store import Staged, Staging
from synth.sinks.stores import open_store


@dataclass(frozen=True, kw_only=True)
class KeptConfig:
    """Parquet files."""

    kind: Literal["kept"] = "kept"
    uri: Annotated[str | None, Field(description="where")] = None
    password: Annotated[str, Field(description="for the place")] = field(default="", repr=False)
    ratio: Annotated[float, Field(gt=0, le=0.5, description="a share")] = 0.01
    mode: Annotated[Literal["replace", "add"], Field(description="replace or add")] = "add"


class Kept:
    """The sink."""

    def __init__(self, config: KeptConfig, job: SinkJob) -> None:
        self.uri = job.uri
        self.job, self.store = job, open_store(job.uri)
        self.staged: dict[str, list[Staged]] = {table.name: [] for table in (*job.tables, *job.extra)}

    def check(self) -> None:
        """Asks the store."""
        names = [name(table.name, block) for table in self.job.tables for block in range(self.job.blocks)]
        self.store.check([*names, *(name(table.name, 0) for table in self.job.extra)], overwrite=self.job.overwrite)

    def measure(self, batches: Mapping[str, Any]) -> int:
        """Encodes."""
        return sum(len(encoded(batch)) for batch in batches.values())

    def open(self, extra: Sequence[Any]) -> None:
        """Starts the store."""
        self.store.start()
        for batch in extra:
            self.staged[batch.table.name].append(self.put(name(batch.table.name, 0), batch))

    grows = False

    def lost(self) -> str:
        """Nothing."""
        return ""

    def join(self, staging: str, *, shared: bool) -> Staging:
        """Starts the store where somebody may have been."""
        self.store.start(staging, shared=shared)
        return self.store.staging()

    def write_once(self, extra: Sequence[Any]) -> Receipt:
        """A file a table."""
        files = {batch.table.name: self.put(name(batch.table.name, 0), batch) for batch in extra}
        return Receipt(ONCE, tuple(files.values()), dict.fromkeys(files))

    def recall(self, block: int, staged: Sequence[Staged], batches: Mapping[str, Any]) -> Receipt:
        """The same receipt."""
        return Receipt(block, tuple(staged), dict.fromkeys(batches))

    def growth(self) -> tuple[Staged, ...]:
        """No file grows."""
        return ()

    def regrow(self, growth: Sequence[Staged]) -> bool:
        """No file grows."""
        return True

    def leave(self) -> None:
        """Lets go."""
        self.store.leave()

    def put(self, file: str, batch: Any) -> Staged:
        """One file."""
        upload = self.store.create(file)
        upload.write(encoded(batch))
        return upload.close()

    def write(self, block: int, batches: Mapping[str, Any]) -> Receipt:
        """A file a table."""
        files = {table: self.put(name(table, block), batch) for table, batch in batches.items()}
        return Receipt(block, tuple(files.values()), dict.fromkeys(files))

    def collect(self, receipt: Receipt) -> None:
        """Keeps the names."""
        for table, file in zip(receipt.payloads, receipt.staged, strict=True):
            self.staged[table].append(file)

    def finish(self) -> Mapping[str, Sequence[Staged]]:
        """Nothing is left to do."""
        return self.staged

    def commit(self, manifest: bytes) -> None:
        """Publishes."""
        self.store.publish(self.files(), manifest, replaced=[])

    def abort(self) -> None:
        """Takes back."""
        self.store.discard(self.files())

    def files(self) -> list[Staged]:
        """All of them."""
        return [file for files in self.staged.values() for file in files]


def name(table: str, block: int) -> str:
    """Of a file."""
    return f"{table}/part-{block:05d}.parquet"


def encoded(batch: Any) -> bytes:
    """A Parquet file."""
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_batches([batch.native]), stream)
    return stream.getvalue()


@hookimpl
def synth_sinks() -> list[SinkSpec]:
    """The sink."""
    return [SinkSpec(KeptConfig, Kept, place=True, receipts=True)]
