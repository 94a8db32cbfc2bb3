"""Counts what a command changes, in its own process, and kills it before the n-th change or has that one fail."""

import errno
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any, Literal

#: Audit events of calls that change a file system; ``open`` does where it writes, and S3 is changed by what is sent.
CHANGES = {
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.mkdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "http.client.send",
}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT

#: Modules in machine code that change a place without an audit event → the calls that do; none named for all.
UNSEEN = {"deltalake._internal": (), "sqlite3": ("execute", "commit")}

#: Where changes are counted and kills may come: before the commit, in it, or in both.
Within = Literal["run", "commit", "both"]


class Changes:
    """The count of one command.

    Args:
        at: the change before which the process dies, from 1; 0 for none.
        fail_at: the changes that fail with an input/output error.
        told: an open file, which says how many there were.
    """

    def __init__(self, within: Within, at: int, fail_at: Sequence[int], told: int) -> None:
        self._within, self._at, self._fail_at, self._told = within, at, {*fail_at}, told
        self._committing, self._seen, self._lock = False, 0, threading.Lock()

    def watch(self) -> None:
        """Begins to count; what is sent to PostgreSQL, of which no audit knows, included."""
        import psycopg

        from synth.engine import run

        commit, wait = run.commit, psycopg.Connection.wait  # type: ignore[attr-defined]

        def committing(*arguments: Any, **named: Any) -> Any:
            self._committing = True
            sys.setprofile(self._profile)
            try:
                return commit(*arguments, **named)
            finally:
                sys.setprofile(None)

        def waiting(*arguments: Any, **named: Any) -> Any:
            self._change()
            return wait(*arguments, **named)

        run.commit = committing  # type: ignore[attr-defined]
        psycopg.Connection.wait = waiting  # type: ignore[method-assign]
        sys.addaudithook(self._audit)

    def die_after(self, seconds: float) -> None:
        """Kills the process in a while, where it may be killed then."""
        time.sleep(seconds)
        with self._lock:
            if self._counts:
                os.kill(os.getpid(), signal.SIGKILL)

    @property
    def _counts(self) -> bool:
        return self._within == "both" or self._committing == (self._within == "commit")

    def _audit(self, event: str, values: tuple[Any, ...]) -> None:
        if event in CHANGES or (event == "open" and _is_writing(*values)):
            self._change()

    def _profile(self, _frame: Any, event: str, function: Any) -> None:
        if event == "c_call":
            home = getattr(function, "__module__", None) or type(function.__self__).__module__
            calls = UNSEEN.get(home)
            if calls is not None and (not calls or function.__name__ in calls):
                self._change()

    def _change(self) -> None:
        with self._lock:
            if not self._counts:
                return
            self._seen += 1
            seen = self._seen
            os.pwrite(self._told, b"%12d" % seen, 0)
            if seen == self._at:
                os.kill(os.getpid(), signal.SIGKILL)
        if seen in self._fail_at:
            raise OSError(errno.EIO, os.strerror(errno.EIO))


def _is_writing(path: Any, _mode: Any, flags: Any) -> bool:
    if not isinstance(path, str | bytes | os.PathLike) or "__pycache__" in os.fsdecode(path):
        return False
    return bool((flags or 0) & WRITES)
