"""The contract of sinks."""

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from synth.contracts.sink import ONCE, KeptSink, Receipt, Sink
from synth.errors import RefusedError
from synth.sinks.staging import RECIPE
from synth.tables.batch import Batch
from synth.testing.bench import Size
from synth.testing.contract import Broken, Unjudged, rule
from synth.testing.elsewhere import made_elsewhere
from synth.testing.lifecycle import Life, copied, write_at_once
from synth.testing.places import Places
from synth.testing.runs import bare
from synth.wording import is_secret

if TYPE_CHECKING:
    from synth.contracts.hookspecs import SinkSpec
    from synth.contracts.store import Staged

_CANARY = "canary-7f3a"
_FORECAST = 3.0
_STAGING = "the-kit"


class SinkContract(Places):
    """What synth asks of a sink."""

    group: ClassVar[str] = "sink"
    needs: ClassVar[tuple[str, ...]] = ("scenario=[card_chain]", "scenario.card_chain.ratio=0.05")

    @rule
    def test_check_leaves_no_trace(self) -> None:
        """check touches nothing."""
        with self.place() as (folder, uri):
            life = Life(self.bench, uri)
            before = self.traces(folder, uri)
            life.sink.check()
            self._require_traces(before, folder, uri)

    @rule
    def test_forecast_is_near(self) -> None:
        """measure touches nothing, and tells the bytes to within a factor of three."""
        with self.place() as (folder, uri):
            life = Life(self.bench, uri)
            before = self.traces(folder, uri)
            message = sum(life.sink.measure(block.batches) for block in life.made)
            self._require_traces(before, folder, uri)
            life.live()
            staged = {file.name: file.bytes for files in life.files.values() for file in files}
            bytes_ = sum(staged.values())
        if not bytes_ / _FORECAST <= message <= bytes_ * _FORECAST:
            raise Broken(f"measure tells {message:,} bytes, the run takes {bytes_:,}")

    @rule
    def test_what_is_committed_comes_back(self) -> None:
        """What was handed to the sink is what a reader gets after commit."""
        with self.place() as (_, uri):
            life = Life(self.bench, uri)
            life.live()
            self.require_written(life, uri)

    @rule
    def test_blocks_in_any_order_and_twice(self) -> None:
        """Blocks written in reverse, and one of them twice, give the same output."""
        with self.place() as (_, uri):
            life = Life(self.bench, uri)
            life.begin()
            life.write([*reversed(range(life.blocks)), life.blocks // 2])
            life.sink.commit(life.finish())
            self.require_written(life, uri)

    @rule
    def test_a_block_twice_at_once(self) -> None:
        """A block that two workers write at the same time is there once, whichever of them is listened to."""
        with self._begun() as (life, uri):
            copies = [copied(life.sink) for _ in range(2)]
            for block in range(life.blocks):
                life.sink.collect(write_at_once(copies, block, life.made[block].batches)[block % 2])
            life.sink.commit(life.finish())
            self.require_written(life, uri)

    @rule
    def test_receipts_serialise(self) -> None:
        """A receipt can be sent: what is read back of its bytes is collected as it was."""
        with self._begun() as (life, uri):
            for block in range(life.blocks):
                receipt = life.sink.write(block, life.made[block].batches)
                life.sink.collect(copied(receipt))
            life.sink.commit(life.finish())
            self.require_written(life, uri)

    @rule
    def test_workers_are_other_processes(self) -> None:
        """An opened sink is sent to another process, which writes blocks of rows that nobody may write to."""
        with self._begun() as (life, uri):
            rows = {block.index: {name: bare(batch) for name, batch in block.batches.items()} for block in life.made}
            for receipt in made_elsewhere(_Writing(life.sink, rows), rows, "the sink").values():
                life.sink.collect(receipt)
            life.sink.commit(life.finish())
            self.require_written(life, uri)

    @contextmanager
    def _begun(self) -> Iterator[tuple[Life, str]]:
        """An opened sink, and where it writes; what fails is taken back."""
        with self.place() as (_, uri):
            life = Life(self.bench, uri)
            life.begin()
            try:
                yield life, uri
            except BaseException:
                life.sink.abort()
                raise

    @rule
    def test_blocks_of_the_dead_are_taken(self) -> None:
        """Of a sink that keeps its blocks: those of a run that stopped are taken as they are, and the run is whole."""
        if not cast("SinkSpec", self.bench.own(self.bench.recipe(Size())).spec).receipts:
            raise Unjudged("its SinkSpec does not say receipts=True")
        with self.place() as (_, uri):
            dead, heir = Life(self.bench, uri), Life(self.bench, uri)
            if lost := cast("KeptSink", dead.sink).lost():
                raise Unjudged(lost)
            receipts, growth = self._die_half_way(dead)
            sink = cast("KeptSink", heir.sink)
            sink.check()
            staging = sink.join(_STAGING, shared=False)
            try:
                for file in (file for receipt in receipts for file in receipt.staged):
                    if not staging.holds(file):
                        raise Broken(f"{file.name!r} is gone after leave")
                if sink.grows and not sink.regrow(growth):
                    raise Broken("a file that grew is not what it was", "after leave")
                for receipt in receipts:
                    batches = heir.made[receipt.block].batches if receipt.block != ONCE else {}
                    shared = {b.table.name: b for b in heir.prepared.extra} | dict(batches)
                    rows = {name: shared[name] for name in receipt.payloads}
                    sink.collect(sink.recall(receipt.block, receipt.staged, rows))
                heir.write(range(heir.blocks // 2, heir.blocks))
                sink.commit(heir.finish())
            except BaseException:
                sink.abort()
                raise
            self.require_written(heir, uri)

    def _die_half_way(self, life: Life) -> "tuple[list[Receipt], tuple[Staged, ...]]":
        """Stages half of the blocks, begins one more, and lets go; returns what is known of the half."""
        sink = cast("KeptSink", life.sink)
        sink.check()
        sink.join(_STAGING, shared=False).put(RECIPE, b"{}")
        receipts = [sink.write_once(life.prepared.extra)]
        receipts += [sink.write(block, life.made[block].batches) for block in range(life.blocks // 2)]
        for receipt in receipts:
            sink.collect(receipt)
        growth = sink.growth() if sink.grows else ()
        sink.collect(sink.write(life.blocks // 2, life.made[life.blocks // 2].batches))
        sink.leave()
        return receipts, growth

    @rule
    def test_nothing_is_visible_before_commit(self) -> None:
        """Before commit a reader finds no run, and no file of it."""
        with self.place() as (_, uri):
            life = Life(self.bench, uri)
            life.begin()
            life.write(range(life.blocks))
            life.finish()
            try:
                seen = self.visible(uri)
                if seen:
                    raise Broken(f"{len(seen)} files can be seen, e.g. {min(seen)!r}", "after finish")
                self._require_no_run(uri, "after finish")
            finally:
                life.sink.abort()

    @rule
    def test_abort_takes_everything_back(self) -> None:
        """abort leaves a place as it was, at every stage, called twice."""
        for bench in ("before open", "after open", "after a block", "after finish"):
            with self.place() as (folder, uri):
                before = self.traces(folder, uri)
                self._abort_at(bench, Life(self.bench, uri))
                self._require_traces(before, folder, uri, bench)

    @rule
    def test_abort_leaves_the_earlier_run(self) -> None:
        """abort of a run that was to replace another one leaves that one."""
        for bench in ("before open", "after open", "after a block", "after finish"):
            with self.place() as (folder, uri):
                Life(self.bench, uri).live()
                before = self.traces(folder, uri)
                self._abort_at(bench, Life(self.bench, uri, size=Size(seed=2), overwrite=True))
                self._require_traces(before, folder, uri, bench)

    def _abort_at(self, bench: str, life: Life) -> None:
        life.sink.check()
        if bench != "before open":
            life.sink.open(life.prepared.extra)
        if bench in ("after a block", "after finish"):
            life.write(range(life.blocks) if bench == "after finish" else [0])
        if bench == "after finish":
            life.finish()
        life.sink.abort()
        life.sink.abort()

    @rule
    def test_a_second_run_is_refused(self) -> None:
        """Where a run is, another one is refused unless it may overwrite, and the first one stays."""
        with self.place() as (folder, uri):
            Life(self.bench, uri).live()
            before = self.traces(folder, uri)
            try:
                Life(self.bench, uri, size=Size(seed=2)).sink.check()
            except RefusedError:
                self._require_traces(before, folder, uri)
            else:
                raise Broken("check accepts a place that holds a run")

    @rule
    def test_overwrite_keeps_the_earlier_run_until_commit(self) -> None:
        """A run that overwrites replaces the earlier one at commit, not before."""
        with self.place() as (_, uri):
            first = Life(self.bench, uri)
            first.live()
            second = Life(self.bench, uri, size=Size(seed=2), overwrite=True)
            second.begin()
            second.write(range(second.blocks))
            manifest = second.finish()
            self.require_written(first, uri)
            second.sink.commit(manifest)
            self.require_written(second, uri)

    @rule
    def test_secrets_stay_secret(self) -> None:
        """No secret of the config stands in the manifest, in a file's name or in what repr shows."""
        part = self.bench.own(self.bench.recipe(Size()))
        names = [field.name for field in dataclasses.fields(part.config) if is_secret(field.name)]
        if not names:
            raise Unjudged("no key of the config sounds secret")
        with self.place() as (_, uri):
            life = Life(self.bench, uri, changes=dict.fromkeys(names, _CANARY))
            life.begin()
            life.write(range(life.blocks))
            shown = {"the manifest": life.finish().decode(), "repr of the config": repr(life.config)}
            shown |= {"repr of the sink": repr(life.sink), "the names of files": repr(life.files)}
            life.sink.abort()
        for where, text in shown.items():
            if _CANARY in text:
                raise Broken(f"a secret of the config ({', '.join(names)}) can be read", where)

    def _require_no_run(self, uri: str, bench: str) -> None:
        try:
            self.read(uri, "transactions")
        except RefusedError:
            return
        raise Broken("the run can be read", bench)

    def _require_traces(self, before: dict[str, bytes], folder: Path, uri: str, bench: str = "") -> None:
        after = self.traces(folder, uri)
        changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
        if changed:
            name = changed[0]
            how = "is new" if name not in before else "is gone" if name not in after else "has changed"
            raise Broken(f"{name!r} {how} ({len(changed)} in all)", bench)


@dataclasses.dataclass(frozen=True)
class _Writing:
    """Work of a worker: writes blocks that are made already."""

    sink: Sink
    rows: Mapping[int, Mapping[str, Batch]]

    def __call__(self, block: int) -> Receipt:
        return self.sink.write(block, self.rows[block])
