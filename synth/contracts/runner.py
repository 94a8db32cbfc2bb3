"""The contract of a runner."""

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

from synth.contracts.overridable import overridable

Result = TypeVar("Result")


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
