"""A runner is held to its contract: whatever it is, a run gets every block once, in block order."""

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from typing import Protocol, TypeVar

from synth.contracts.runner import BlockRunner, Runner
from synth.contracts.shipment import Shipment
from synth.errors import RunError, blaming
from synth.runners.local import LocalConfig, LocalRunner


class HasIndex(Protocol):
    """What is made of a block."""

    @property
    def index(self) -> int:
        """The block."""


Made = TypeVar("Made", bound=HasIndex)


def run_in_block_order(
    runner: Runner | BlockRunner, work: Callable[[int], Made], blocks: int
) -> Generator[Made, None, None]:
    """What a runner makes of the blocks; one whose workers send nothing back leaves that to this machine's threads.

    Raises:
        RunError: it fails, or leaves a block out, repeats one, or mixes them up.
    """
    if not isinstance(runner, Runner):
        runner = LocalRunner(LocalConfig(workers=None))
    kind = type(runner).__name__
    with blaming(f"the runner {kind}"):
        finished, expected = runner.map(work, blocks), 0
        try:
            for made in finished:
                if made.index != expected or expected == blocks:
                    wanted = f"{expected}" if expected < blocks else "the end"
                    raise RunError(f"the runner {kind} broke its order: block {made.index} came, not {wanted}")
                expected += 1
                yield made
                del made  # the next one is made meanwhile, and this one may be large
        finally:
            if hasattr(finished, "close"):
                finished.close()
        if expected < blocks:
            raise RunError(f"the runner {kind} ended after {expected} of {blocks} blocks")


def run_elsewhere(
    runner: BlockRunner, task: Shipment, recall: Callable[[int], Made | None], blocks: int, todo: Iterable[int]
) -> Generator[Made, None, None]:
    """What the store has of the blocks, once a runner's workers have made those that it lacked.

    Args:
        recall: block → what the store has of it; None for nothing.
        todo: the blocks that it lacks.

    Raises:
        RunError: the runner fails, leaves a block out, or says that one is done which the store does not have.
    """
    kind, waiting, following = type(runner).__name__, {*todo}, 0
    with blaming(f"the runner {kind}"), closing(_closable(runner, task, waiting)) as done:
        while following < blocks:
            if following not in waiting:
                made = recall(following)
                if made is None:
                    raise RunError(f"the runner {kind} says that block {following} is done, and the store has none")
                following += 1
                yield made
                del made  # as above
                continue
            block = next(done, None)
            if block is None:
                raise RunError(f"the runner {kind} ended without {len(waiting)} of {blocks} blocks")
            waiting.discard(block)


def _closable(runner: BlockRunner, task: Shipment, todo: set[int]) -> Generator[int, None, None]:
    """The indices that a runner yields; nobody is called where nothing is to be done."""
    if not todo:
        return
    finished = runner.run(task, sorted(todo))
    try:
        yield from finished
    finally:
        if hasattr(finished, "close"):
            finished.close()
