"""Mistakes of runners: edits of ``honest/threaded.py``."""

from tests.testing.broken.everywhere import CONFIGS
from tests.testing.edits import Edit

_BLOCKS = "for block in range(blocks):"
_SUBMIT = "pool.submit(work, block)"
_TAKE = "            return waiting.popleft().result()\n"
_ORDER, _CLOSING, _WORKERS = "every_block_once_in_order", "closing_stops_the_work", "workers_are_honoured"


def swapping(name: str, old: str, new: str, check: str, seen: str) -> Edit:
    """Other code in one place."""
    return Edit(name, old, new, f"test_{check}", seen)


MAPS = (
    swapping("reversed", _BLOCKS, "for block in reversed(range(blocks)):", _ORDER, "blocks come as [11, 10,"),
    swapping(
        "twice",
        _SUBMIT,
        "pool.submit(lambda block=block: [work(block), work(block)][0])",
        _ORDER,
        "it is done 2 times (block 0)",
    ),
    swapping("one_at_least", _BLOCKS, "for block in range(max(1, blocks)):", "no_blocks_no_results", "1 results of"),
    swapping(
        "eager", "len(waiting) > 2 * self.workers", "len(waiting) > 1000", "few_results_wait", "ahead of 2 workers"
    ),
    swapping(
        "swallowing",
        _TAKE,
        "            done = waiting.popleft()\n            return 0 if done.exception() else done.result()\n",
        "a_failure_comes_in_its_place",
        "the exception is swallowed (block 3)",
    ),
    swapping(
        "draining", "cancel_futures=True", "cancel_futures=False", _CLOSING, "it begins after the iterator is closed"
    ),
    swapping(
        "leaving", "wait=True, cancel", "wait=False, cancel", _CLOSING, "it still runs when the iterator is closed"
    ),
    swapping("more", "Executor(self.workers)", "Executor(self.workers + 2)", _WORKERS, "run at a time on 3 workers"),
    swapping(
        "deaf", "self.workers = config.workers", "self.workers = 2", _WORKERS, "its config says 3 workers, the runner"
    ),
    swapping(
        "other_bytes",
        _SUBMIT,
        "pool.submit(work, max(0, block - 1))",
        "blocks_are_the_same_bytes",
        "blocks [0, 1, 2] of 4 are made",
    ),
)

EDITS = (*CONFIGS, *MAPS)
