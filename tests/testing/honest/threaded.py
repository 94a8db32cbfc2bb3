"""An honest runner, which the broken ones are edits of: threads with a window."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from synth import Spec, hookimpl


@dataclass(frozen=True, kw_only=True)
class ThreadedConfig:
    """Threads."""

    kind: Literal["threaded"] = "threaded"
    workers: Annotated[int, Field(ge=1, le=64, description="blocks made at a time")] = 2
    ratio: Annotated[float, Field(gt=0, le=0.5, description="a share")] = 0.01
    mode: Annotated[Literal["replace", "add"], Field(description="replace or add")] = "add"


class Threaded:
    """The runner."""

    def __init__(self, config: ThreadedConfig) -> None:
        self.workers = config.workers

    def map(self, work: Callable[[int], Any], blocks: int) -> Iterator[Any]:
        """Results in block order."""
        pool = ThreadPoolExecutor(self.workers)
        waiting: deque[Future[Any]] = deque()

        def take() -> Any:
            return waiting.popleft().result()

        try:
            for block in range(blocks):
                waiting.append(pool.submit(work, block))
                if len(waiting) > 2 * self.workers:
                    yield take()
            while waiting:
                yield take()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@hookimpl
def synth_runners() -> list[Spec]:
    """The runner."""
    return [Spec(ThreadedConfig, Threaded)]
