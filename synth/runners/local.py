"""Threads on this machine.

The work is array operations of NumPy and Arrow, which release the interpreter lock; threads start at once, share the
plan and hand finished blocks over without a copy.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from synth.contracts.runner import Result
from synth.runners.cores import Workers, cores


@dataclass(frozen=True, kw_only=True)
class LocalConfig:
    """Worker threads in this process."""

    kind: Literal["local"] = "local"
    workers: Workers


class LocalRunner:
    """A pool of threads with a window of one block more than workers."""

    def __init__(self, config: LocalConfig) -> None:
        self.workers = config.workers or cores()

    def map(self, work: Callable[[int], Result], blocks: int) -> Iterator[Result]:
        """Yields results in block order."""
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix="synth-block")
        window: deque[Future[Result]] = deque()
        try:
            for block in range(blocks):
                window.append(pool.submit(work, block))
                if len(window) > self.workers:
                    yield window.popleft().result()
            while window:
                yield window.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
