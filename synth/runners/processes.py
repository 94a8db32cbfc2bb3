"""Processes on this machine: no interpreter lock between them, and one mapped copy of what they need.

They are started afresh by their command line, so that nothing of this process has to be repeated in them, as a script
without a main guard would be. Each has one socket to here, by which it is told blocks, and without which it ends.
"""

import contextlib
import signal
import socket
import subprocess
import sys
import tempfile
from collections import Counter, deque
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Literal

from synth.contracts.shipment import Shipment
from synth.errors import RunError, SynthError
from synth.runners.cores import Workers, cores

#: How often a block may take its process away with it: more often, and it is the block that does it.
_TRIES = 3


@dataclass(frozen=True, kw_only=True)
class ProcessesConfig:
    """Worker processes on this machine; each holds a block of its own."""

    kind: Literal["processes"] = "processes"
    workers: Workers


class ProcessesRunner:
    """A process for each block that is made at a time."""

    def __init__(self, config: ProcessesConfig) -> None:
        self.workers = config.workers or cores()

    def run(self, task: Shipment, blocks: Iterable[int]) -> Generator[int, None, None]:
        """Yields the blocks as they are done."""
        todo = deque(blocks)
        with tempfile.TemporaryDirectory(prefix="synth-shipment-") as folder, contextlib.ExitStack() as stack:
            path = Path(folder) / "shipment"
            task.save(path)
            crew = _Crew(path)
            stack.callback(crew.end)
            crew.start(min(self.workers, len(todo)))
            while todo or crew.busy:
                crew.employ(todo)
                yield from crew.wait(todo)


@dataclass
class _Worker:
    """One process, and the block that it makes; None while it waits."""

    process: "subprocess.Popen[bytes]"
    connection: Connection
    block: int | None = None


@dataclass
class _Crew:
    """The processes of one run.

    Attributes:
        lost: how often each block was under way in a process that died.
    """

    path: Path
    workers: list[_Worker] = field(default_factory=list)
    lost: Counter[int] = field(default_factory=Counter)

    def start(self, number: int) -> None:
        """Starts processes."""
        for _ in range(number):
            here, there = socket.socketpair()
            code = f"from synth.runners.worker import serve; serve({there.fileno()}, {str(self.path)!r})"
            command = [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}; {code}"]
            with there:
                # A session of their own: Ctrl-C is for this process, which ends them.
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, pass_fds=[there.fileno()], start_new_session=True
                )
            self.workers.append(_Worker(process, Connection(here.detach())))

    @property
    def busy(self) -> bool:
        """Whether a block is under way."""
        return any(worker.block is not None for worker in self.workers)

    def employ(self, todo: deque[int]) -> None:
        """Gives those that wait a block each."""
        for worker in self.workers:
            if worker.block is None and todo:
                worker.block = todo.popleft()
                with contextlib.suppress(OSError):  # it is dead, which ``wait`` tells
                    worker.connection.send(worker.block)

    def wait(self, todo: deque[int]) -> Generator[int, None, None]:
        """Yields the blocks that are done by now, at least one unless a process was lost."""
        by_connection = {worker.connection: worker for worker in self.workers if worker.block is not None}
        for ready in wait(by_connection):
            worker = by_connection[ready]  # type: ignore[index]
            assert worker.block is not None, "only those are waited for that make one"
            try:
                error: SynthError | None = worker.connection.recv()
            except (EOFError, OSError):
                self._replace(worker, todo)
                continue
            if error is not None:
                raise error
            block, worker.block = worker.block, None
            yield block

    def _replace(self, worker: _Worker, todo: deque[int]) -> None:
        """Starts another process in the place of one that died, and makes its block again.

        Raises:
            RunError: it was not the first one.
        """
        assert worker.block is not None, "an idle process is not waited for"
        code = worker.process.wait()
        self.lost[worker.block] += 1
        if self.lost[worker.block] == _TRIES:
            how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
            cure = "if memory is short, runner.workers=1 or a smaller block_rows needs less"
            raise RunError(f"the process that made block {worker.block} {how}, {_TRIES} times: {cure}")
        todo.appendleft(worker.block)
        worker.connection.close()
        self.workers.remove(worker)
        self.start(1)

    def end(self) -> None:
        """Ends all processes at once."""
        for worker in self.workers:
            worker.process.kill()
        for worker in self.workers:
            worker.process.wait()
            worker.connection.close()
