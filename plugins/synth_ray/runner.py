"""Blocks made by the workers of a Ray cluster, a task a block."""

import socket
import tempfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from synth import RefusedError, RunError, Shipment, on_one_line

#: How often a block may lose its worker.
_RETRIES = 3
#: Tasks that wait for each core.
_AHEAD = 2
#: How long a cluster may take to answer.
_ANSWER_S = 20
#: How long tasks may take to end once they are cancelled.
_ENDING_S = 60


@dataclass(frozen=True, kw_only=True)
class RayConfig:
    """Workers of a Ray cluster."""

    kind: Literal["ray"] = "ray"
    address: Annotated[
        str | None, Field(description="of the cluster; null: the one that is connected to, or this machine alone")
    ]


class RayRunner:
    """A task a block; the shipment is put into Ray's store once, and mapped from there on each machine."""

    workers = 1

    def __init__(self, config: RayConfig) -> None:
        self._address = config.address

    def run(self, task: Shipment, blocks: Iterable[int]) -> Generator[int, None, None]:
        """Yields the blocks as they are done."""
        import ray

        from synth_ray.tasks import make_block, put

        with _connected(self._address):
            self.workers = max(1, int(ray.cluster_resources().get("CPU", 1)))
            with tempfile.TemporaryDirectory(prefix="synth-shipment-") as folder:
                task.save(Path(folder) / "shipment")
                shipment = put(Path(folder) / "shipment")
            make: Any = ray.remote(max_retries=_RETRIES)(make_block)
            todo, under_way = iter(blocks), dict[Any, int]()
            try:
                while True:
                    while len(under_way) < _AHEAD * self.workers and (block := next(todo, None)) is not None:
                        under_way[make.remote(shipment, block)] = block
                    if not under_way:
                        return
                    done, _ = ray.wait(list(under_way))
                    for each in done:
                        yield _result(each, under_way.pop(each))
            finally:
                _end(list(under_way))


def _result(done: Any, block: int) -> int:
    """A block that is done.

    Raises:
        SynthError: it is not.
    """
    import ray

    try:
        error = ray.get(done)
    except ray.exceptions.RayError as failed:
        message = on_one_line(f"{type(failed).__name__}: {failed}")[:500]
        raise RunError(f"block {block} could not be made on Ray: {message}") from failed
    if error is not None:
        raise error
    return block


def _end(under_way: list[Any]) -> None:
    """Ends tasks, and waits until they have ended."""
    import ray

    for each in under_way:
        ray.cancel(each, force=True)
    if under_way:
        ray.wait(under_way, num_returns=len(under_way), timeout=_ENDING_S)


def _require_answer(address: str | None) -> None:
    """Looks whether anybody answers: Ray itself would try for minutes.

    Raises:
        RefusedError: nobody does.
    """
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if host and port.isdecimal():
        try:
            socket.create_connection((host, int(port)), timeout=_ANSWER_S).close()
        except OSError as error:
            raise RefusedError(f"Ray cannot be reached at {address}: {error}") from error


@contextmanager
def _connected(address: str | None) -> Iterator[None]:
    """The connection that is there; otherwise one for this run alone."""
    import ray

    if ray.is_initialized():
        yield
        return
    _require_answer(address)
    try:
        ray.init(address=address, log_to_driver=False, logging_level="warning")
    except ConnectionError as error:
        where = f"at {address}" if address else "here"
        raise RefusedError(f"Ray cannot be reached {where}: {on_one_line(str(error))[:500]}") from error
    try:
        yield
    finally:
        ray.shutdown()
