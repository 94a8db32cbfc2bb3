"""The contracts of runners: of work whose results come back, and of work that writes to the store itself."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar, runtime_checkable

from synth.contracts.overridable import overridable
from synth.contracts.shipment import Shipment

Result = TypeVar("Result")


@runtime_checkable
class Runner(Protocol):
    """Maps work over blocks.

    Attributes:
        workers: how many blocks are made at a time.
    """

    workers = overridable(int)  # type: ignore[misc]

    def map(self, work: Callable[[int], Result], blocks: int) -> Iterator[Result]:
        """Yields ``work(block)`` for every block, in block order, holding a bounded number of results at a time.

        ``work`` pickles. Closing the iterator stops the work: no block begins after that, and none is still running
        when the call returns. An exception of ``work`` is raised where its result would have been.
        """


@runtime_checkable
class BlockRunner(Protocol):
    """Has blocks made by processes that write them to the store, on this machine or on others.

    A runner may be a ``Runner``, too: then it also takes sinks that keep no blocks.

    Attributes:
        workers: how many blocks are made at a time, as far as it knows.
    """

    workers = overridable(int)  # type: ignore[misc]

    def run(self, task: Shipment, blocks: Iterable[int]) -> Iterator[int]:
        """Calls ``task(block)`` for every block at least once, in any order, and yields each that is done.

        ``task.save(path)`` writes a file, which ``synth.Shipment.load(path)`` maps in any process that has it and the
        same libraries. A block may be made twice, at once, too. Where a worker is lost, its blocks are made again, a
        bounded number of times. A ``synth.SynthError`` of a task is raised, and ends the run. None begins or runs after
        the call that closes the iterator has returned.
        """
