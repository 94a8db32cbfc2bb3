"""Programs in processes of their own that need not start Python: forked from one that has imported what they use.

Each leads a session, with streams, signals, a directory and an environment of its own, and ends as Python ends.
What Python reads of its environment when it starts, a forked process cannot be told.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).parents[1]

#: What Python, or a library that is imported already, reads of its environment when it starts.
_READ_AT_START = ("PYTHON", "LC_", "LANG", "TZ", "LD_")

#: What commands import beside what a run and a verify do.
_MODULES = (
    *("synth.cli.clean", "synth.cli.commit", "synth.cli.stream", "synth.sinks.s3_store"),
    *("synth_sql.postgres.sink", "synth_sql.duckdb.sink", "deltalake", "pyiceberg.catalog.sql", "tests.faults.changes"),
)
_FORMATS = ("csv", "parquet", "jsonl", "duckdb")
_TINY = ("scenario=card_chain", "generator.transactions=2000", "population.cards=200")

_INTEGER, _MOST = 4, 1 << 17


def can_fork(extra: Mapping[str, str] | None) -> bool:
    """Whether a forked process is as good as a new one with more in its environment."""
    return not any(name.startswith(_READ_AT_START) for name in extra or ())


class Forked(subprocess.Popen[str]):
    """``python -m`` with a module, synth's commands for none, as ``Popen`` gives it."""

    def __init__(self, words: Sequence[str], *, cwd: Path, env: Mapping[str, str], module: str = "synth") -> None:
        (out, told_out), (err, told_err), (self._status, told_status) = os.pipe(), os.pipe(), os.pipe()
        order = json.dumps({"module": module, "words": words, "cwd": str(cwd), "env": dict(env)}).encode()
        theirs = [told_out, told_err, told_status]
        socket.send_fds(_server(), [order], theirs)
        for each in theirs:
            os.close(each)
        self.args, self.pid, self.returncode = list(words), self._read(), None
        self.stdin, self.stdout, self.stderr = None, os.fdopen(out, encoding="utf-8"), os.fdopen(err, encoding="utf-8")
        state: dict[str, Any] = {"_input": None, "_communication_started": False, "_child_created": True}
        state |= {"_waitpid_lock": threading.Lock(), "_sigint_wait_secs": 0.25, "text_mode": True}
        vars(self).update(state)

    def _read(self) -> int:
        """The next whole number that the keeper of the process says; reading waits for it."""
        told = os.read(self._status, _INTEGER)
        assert told, "the process that forks is gone"
        return int.from_bytes(told, "big")

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        """What ``os.waitpid`` gives of a child."""
        if wait_flags & os.WNOHANG and not select.select([self._status], [], [], 0)[0]:
            return 0, 0
        status = self._read()
        os.close(self._status)
        return self.pid, status

    def _internal_poll(self, *_: Any, **__: Any) -> int | None:
        with vars(self)["_waitpid_lock"]:
            if self.returncode is None and (ended := self._try_wait(os.WNOHANG))[0]:
                self.returncode = os.waitstatus_to_exitcode(ended[1])
        return self.returncode


@cache
def _server() -> socket.socket:
    """The process that forks, at the other end; it ends with this one."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("SYNTH_", "AWS_", "SLURM_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.forked", str(there.fileno())],
        cwd=ROOT,
        env=environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        pass_fds=[there.fileno()],
        start_new_session=True,
    )
    there.close()

    def end() -> None:
        here.close()
        process.wait()

    atexit.register(end)
    return here


def _serve(orders: socket.socket) -> None:
    """Has each order carried out; returns in each forked program alone."""
    _import_everything()
    gc.freeze()  # or the first collection of each fork would copy all of it
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # keepers are buried at once
    while True:
        text, theirs, *_ = socket.recv_fds(orders, _MOST, 3)
        if not text:
            os._exit(0)  # without the words of libraries about what they leave
        if os.fork():
            for each in theirs:
                os.close(each)
            continue
        orders.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        out, err, status = theirs
        if pid := os.fork():
            _keep(pid, out, err, status)
        os.close(status)
        os.setsid()
        _carry_out(json.loads(text), out, err)
        return


def _keep(pid: int, out: int, err: int, status: int) -> NoReturn:
    """Says which process it is, and how it ended."""
    os.close(out)
    os.close(err)
    os.write(status, pid.to_bytes(_INTEGER, "big"))
    _, ended = os.waitpid(pid, 0)
    os.write(status, ended.to_bytes(_INTEGER, "big"))
    os._exit(0)


def _carry_out(order: Mapping[str, Any], out: int, err: int) -> None:
    """A module, run as a program in this process."""
    for number, file in ((1, out), (2, err)):
        os.dup2(file, number)
        os.close(file)
    sys.stdout = sys.__stdout__ = open(1, "w", encoding="utf-8")  # type: ignore[misc]  # noqa: SIM115
    sys.stderr = sys.__stderr__ = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1)  # type: ignore[misc]  # noqa: SIM115
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    sys.argv = [order["module"], *order["words"]]
    runpy.run_module(order["module"], run_name="__main__", alter_sys=True)


def _import_everything() -> None:
    """Those modules, and what a run and a verify import and keep, so that each fork has it.

    A fork makes the runs and tells their modules, for threads that a run started would be missing in forks.
    """
    from synth.cli import main

    for name in _MODULES:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryFile() as found:
        sinks = [f"sink=[{','.join(_FORMATS)}]", *(f"sink.{kind}.uri={place}/{kind}" for kind in _FORMATS)]
        if not (pid := os.fork()):
            main(["run", "--quiet", *_TINY, *sinks])
            for kind in _FORMATS:
                main(["verify", "--quiet", f"{place}/{kind}"])
            os.pwrite(found.fileno(), "\n".join(sys.modules).encode(), 0)
            os._exit(0)
        os.waitpid(pid, 0)
        found.seek(0)
        for name in found.read().decode().split("\n"):
            if name.partition(".")[0] not in ("__main__", "__mp_main__"):
                with contextlib.suppress(Exception):  # what a library makes up as it goes is no module of a file
                    importlib.import_module(name)
        main(["validate", "--quiet", *_TINY, *sinks])


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
