"""A runner is held to its contract: whatever it is, a run gets every block once, in block order."""

from collections.abc import Callable, Generator
from typing import Protocol, TypeVar

from synth.contracts.runner import Runner
from synth.errors import RunError, blaming


class HasIndex(Protocol):
    """What is made of a block."""

    @property
    def index(self) -> int:
        """The block."""


Made = TypeVar("Made", bound=HasIndex)


def run_in_block_order(runner: Runner, work: Callable[[int], Made], blocks: int) -> Generator[Made, None, None]:
    """What a runner makes of the blocks.

    Raises:
        RunError: it fails, or leaves a block out, repeats one, or mixes them up.
    """
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
