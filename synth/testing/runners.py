"""The contract of runners."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from synth.contracts.runner import Runner
from synth.testing.bench import Size
from synth.testing.configs import ConfigChecks
from synth.testing.contract import Broken, rule
from synth.testing.runs import blocks_of, make_in_order, require_same

_BLOCKS = 12
#: Finished blocks that may wait for a slow consumer: some for each worker.
_WAITING_A_WORKER = 4
#: How long after the end of a map work that still runs would show itself.
_PATIENCE_S = 0.05
#: How long it may take until a call to close reaches all workers.
_CLOSING_NS = 50_000_000


@dataclass(frozen=True)
class Work:
    """Picklable work that leaves traces in a folder, whatever thread or process does it.

    Attributes:
        fails_at: the block that raises.
        seconds: how long a block takes.
    """

    folder: str
    fails_at: int = -1
    seconds: float = 0.001

    def __call__(self, block: int) -> int:
        """Notes when it begins and ends, and returns ten times the block."""
        self._note("begun", block)
        time.sleep(self.seconds * (1 + block % 3))
        if block == self.fails_at:
            raise ValueError(f"block {block} fails")
        self._note("ended", block)
        return 10 * block

    def _note(self, what: str, block: int) -> None:
        with (Path(self.folder) / f"{what}-{block:05d}").open("a") as file:
            file.write(f"{time.monotonic_ns()}\n")

    def times(self, what: str) -> dict[int, list[int]]:
        """Block → when it began, or ended, each time."""
        files = Path(self.folder).glob(f"{what}-*")
        read = {int(file.name[6:]): [*map(int, file.read_text().split())] for file in files}
        return {block: times for block, times in read.items() if times}  # a file may be there before its line is


class RunnerContract(ConfigChecks):
    """What synth asks of a runner."""

    group: ClassVar[str] = "runner"

    def runner(self) -> Runner:
        """A fresh runner."""
        runner: Runner = self.bench.own(self.bench.recipe(Size())).make()
        return runner

    @rule
    def test_every_block_once_in_order(self) -> None:
        """Every block is done once, and results come in block order however long a block takes."""
        with _working() as work:
            results = list(self.runner().map(work, _BLOCKS))
            if results != [10 * block for block in range(_BLOCKS)]:
                raise Broken(f"blocks come as {[result // 10 for result in results]}")
            often = {block: len(times) for block, times in work.times("begun").items()}
            wrong = [block for block in range(_BLOCKS) if often.get(block) != 1]
            if wrong:
                raise Broken(f"it is done {often.get(wrong[0], 0)} times", f"block {wrong[0]}")

    @rule
    def test_no_blocks_no_results(self) -> None:
        """No blocks give no results, and no work."""
        with _working() as work:
            results = list(self.runner().map(work, 0))
            if results or work.times("begun"):
                raise Broken(f"{len(results)} results of no block")

    @rule
    def test_few_results_wait(self) -> None:
        """However slow the consumer, only some blocks a worker are begun ahead of it."""
        runner = self.runner()
        most = _WAITING_A_WORKER * runner.workers + _WAITING_A_WORKER
        with _working() as work:
            finished = runner.map(work, 3 * most)
            try:
                for taken in range(1, 4):
                    next(finished)
                    time.sleep(_PATIENCE_S)
                    ahead = len(work.times("begun")) - taken
                    if ahead > most:
                        raise Broken(
                            f"{ahead} blocks are begun ahead of {runner.workers} workers", f"block {taken - 1}"
                        )
            finally:
                _close(finished)

    @rule
    def test_a_failure_comes_in_its_place(self) -> None:
        """An exception is raised where its result would have been, and the work stops."""
        with _working(fails_at=3) as work:
            finished = self.runner().map(work, 200)
            seen: list[int] = []
            try:
                for result in finished:
                    seen.append(result // 10)  # noqa: PERF401 — what came before the failure counts
            except ValueError as error:
                if str(error) != "block 3 fails" or seen != [0, 1, 2]:
                    raise Broken(f"{error} is raised after blocks {seen}", "block 3") from error
            else:
                raise Broken("the exception is swallowed", "block 3")
            self._require_quiet(work)

    @rule
    def test_closing_stops_the_work(self) -> None:
        """Closing the iterator stops the work: nothing begins after it, and nothing still runs."""
        with _working(seconds=0.08) as work:
            finished = self.runner().map(work, 200)
            next(finished)
            closed = time.monotonic_ns()
            _close(finished)
            late = [block for block, (at, *_) in work.times("begun").items() if at > closed + _CLOSING_NS]
            if late:
                raise Broken("it begins after the iterator is closed", f"block {min(late)}")
            running = set(work.times("begun")) - set(work.times("ended"))
            if running:
                raise Broken("it still runs when the iterator is closed", f"block {min(running)}")
            self._require_quiet(work)

    def _require_quiet(self, work: Work) -> None:
        before = set(work.times("begun"))
        time.sleep(_PATIENCE_S)
        after = set(work.times("begun"))
        if after != before or len(after) == 200:
            raise Broken(f"{len(after):,} blocks of 200 are begun although nobody waits for them")

    @rule
    def test_workers_are_honoured(self) -> None:
        """At most so many blocks run at a time as there are workers; a config's workers are the runner's."""
        size = Size()
        if "workers" in self.bench.part_of(self.bench.composed.config):
            wanted = Size().changed(workers=3)
            size = wanted if self.bench.fits(wanted) else size
        part = self.bench.own(self.bench.recipe(size))
        runner: Runner = part.make()
        if runner.workers < 1:
            raise Broken(f"it has {runner.workers!r} workers", "attribute workers")
        if size.part and runner.workers != 3:
            raise Broken(f"its config says 3 workers, the runner has {runner.workers}", "attribute workers")
        with _working(seconds=0.005) as work:
            list(runner.map(work, _BLOCKS))
            most = _most_at_once(work)
        if most > runner.workers:
            raise Broken(f"{most} blocks run at a time on {runner.workers} workers")

    @rule
    def test_blocks_are_the_same_bytes(self) -> None:
        """A run's blocks are the same bytes as when they are made one after the other."""
        prepared = self.bench.prepared(Size())
        blocks = blocks_of(prepared)
        first = make_in_order(prepared.make_block, range(blocks))
        made = {block.index: block for block in self.runner().map(prepared.make_block, blocks)}
        if sorted(made) != sorted(first):
            raise Broken(f"blocks {sorted(made)} of {blocks} are made")
        require_same(first, made, "made by the runner")


@contextmanager
def _working(**changes: Any) -> Iterator[Work]:
    with tempfile.TemporaryDirectory(prefix="synth-testing-") as folder:
        yield Work(folder, **changes)


def _close(finished: Iterator[Any]) -> None:
    close = getattr(finished, "close", None)
    if close is None:
        raise Broken(f"the results are a {type(finished).__name__}, which cannot be closed")
    close()


def _most_at_once(work: Work) -> int:
    """The most blocks that ran at a time, by their own clocks."""
    events = [(at, +1) for times in work.times("begun").values() for at in times]
    events += [(at, -1) for times in work.times("ended").values() for at in times]
    running = most = 0
    for _, change in sorted(events):
        running += change
        most = max(most, running)
    return most
