"""The life of a sink, step by step, as a run lives it: check, open, write, collect, finish, commit or abort."""

import dataclasses
import pickle
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from synth.contracts.sink import Receipt, Sink, SinkJob
from synth.engine.block import Block
from synth.engine.end_of_run import EndOfRun
from synth.engine.manifest import TableTally, describe_tables, write_manifest
from synth.testing.bench import Size, TestBench
from synth.testing.contract import Broken
from synth.testing.runs import blocks_of
from synth.wording import without_secrets

if TYPE_CHECKING:
    from synth.contracts.store import Staged
    from synth.tables.batch import Batch


class Life:
    """One sink and the blocks that it is to write.

    Args:
        uri: where to write.
        changes: keys of the sink's config that are changed.
    """

    def __init__(
        self,
        bench: TestBench,
        uri: str,
        *,
        size: Size | None = None,
        overwrite: bool = False,
        changes: Mapping[str, Any] | None = None,
    ) -> None:
        self._bench, self._size = bench, size or Size()
        self.prepared = bench.prepared(self._size)
        part = bench.own(bench.recipe(self._size))
        self.config = dataclasses.replace(part.config, **(changes or {}))
        extra = tuple(batch.table for batch in self.prepared.extra)
        tables, fingerprint = self.prepared.make_block.tables, self.prepared.recipe.fingerprint
        job = SinkJob(uri, tables, extra, self.blocks, overwrite, fingerprint=fingerprint)
        self.sink: Sink = part.spec.factory(self.config, job)
        self.files: Mapping[str, Sequence[Staged]] = {}

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return blocks_of(self.prepared)

    @property
    def made(self) -> list[Block]:
        """The blocks, shared between lives of one size."""

        def make() -> list[Block]:
            return [self.prepared.make_block(index) for index in range(self.blocks)]

        return self._bench.keep(("sink blocks", self._size), make)

    def begin(self) -> None:
        """Checks and opens."""
        self.sink.check()
        self.sink.open(self.prepared.extra)

    def write(self, order: Iterable[int], sink: Sink | None = None) -> None:
        """Writes blocks in this order, by a worker's copy of the sink if one is given, and collects in block order."""
        receipts: dict[int, Receipt] = {}
        for index in order:
            receipts[index] = (sink or self.sink).write(index, self.made[index].batches)
        for index in sorted(receipts):
            self.sink.collect(receipts[index])

    def finish(self) -> bytes:
        """Completes the files and returns the manifest."""
        self.files = self.sink.finish()
        prepared, recipe = self.prepared, self.prepared.recipe
        config = {key: value for key, value in dataclasses.asdict(self.config).items() if key != "uri"}
        return write_manifest(
            recipe=recipe.content,
            fingerprint=recipe.fingerprint,
            plugins={},
            libraries=(),
            counts=EndOfRun(prepared.make_block).counts(),
            tables=describe_tables(self._tallies()),
            sink=without_secrets(config),
            files=self.files,
        )

    def _tallies(self) -> list[TableTally]:
        tallies = [
            TableTally(
                table, [block.rows(table.name) for block in self.made], [b.digests[table.name] for b in self.made]
            )
            for table in self.prepared.make_block.tables
        ]
        return tallies + [TableTally.once(batch) for batch in self.prepared.extra]

    def live(self) -> None:
        """All of it."""
        self.begin()
        self.write(range(self.blocks))
        self.sink.commit(self.finish())


def copied(sent: Any) -> Any:
    """What another process would be sent.

    Raises:
        Broken: it does not pickle.
    """
    try:
        return pickle.loads(pickle.dumps(sent))
    except Exception as error:
        raise Broken(f"a {type(sent).__name__} does not pickle: {type(error).__name__}: {error}") from error


def write_at_once(sinks: Sequence[Sink], block: int, batches: "Mapping[str, Batch]") -> list[Receipt]:
    """The receipts of a block that all sinks write at the same time.

    Raises:
        Broken: one of them fails.
    """
    together = threading.Barrier(len(sinks))

    def write(sink: Sink) -> Receipt:
        together.wait()
        return sink.write(block, batches)

    with ThreadPoolExecutor(len(sinks)) as pool:
        try:
            return list(pool.map(write, sinks))
        except Exception as error:
            raise Broken(f"one of two fails: {type(error).__name__}: {error}", f"block {block}") from error
