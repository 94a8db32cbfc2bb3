"""Real commands of synth, each in a process of its own that is killed before the n-th thing that it would change.

Run as a program it imports everything once and forks a process for each command that it is told on its standard input:
a hundred of them do not start Python a hundred times. ``SYNTH_FAULTS=full`` asks for all points: ``make faults``.
"""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.faults.commands import CHANGES, ROOT, WRITES, Ended

#: What the commit stages first, in a directory and in a bucket: what is killed behind it is for the commit's own tests.
_COMMIT = ("_manifest.json.", "README.md")


class Forge:
    """Makes processes of synth."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, *words: str, cwd: Path, at: int = 0, after: float = 0.0) -> Ended:
        """Carries out a command.

        Args:
            at: the change before which it is killed, from 1; 0 for none.
            after: seconds after which it is killed, wherever it is, but not in its commit; 0 for never.
        """
        assert self._process.stdin
        assert self._process.stdout
        order = {"words": words, "cwd": str(cwd), "at": at, "after": after}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))


@contextmanager
def forging(env: Mapping[str, str] | None = None) -> Iterator[Forge]:
    """A forge, with this process's environment and more."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("SYNTH_", "AWS_", "SLURM_"))}
    environ |= {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"} | dict(env or {})
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "tests.faults.kills"]
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield Forge(process)
        finally:
            assert process.stdin
            process.stdin.close()
            process.wait(30)


def digests(place: Path) -> dict[str, str]:
    """Every file below a place, hidden ones too, with the digest of its bytes."""
    files = (path for path in sorted(place.rglob("*")) if path.is_file())
    return {path.relative_to(place).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _serve() -> None:
    """Forks a process for each order."""
    import pyarrow.csv
    import pyarrow.parquet  # noqa: F401 — so that no fork has to import them

    import synth.cli
    import synth.cli.clean
    import synth.cli.commit
    import synth.cli.run  # noqa: F401

    for line in sys.stdin:
        order = json.loads(line)
        with tempfile.TemporaryDirectory(prefix="synth-kills-") as folder:
            text, count = Path(folder, "text"), Path(folder, "count")
            child = os.fork()
            if not child:
                _carry_out(order, text, count)
            _, status = os.waitpid(child, 0)
            code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
            changes = int(count.read_text() or 0) if count.exists() else 0
            said = text.read_text(errors="replace") if text.exists() else ""
        sys.stdout.write(json.dumps({"code": code, "text": said, "changes": changes}) + "\n")
        sys.stdout.flush()


def _carry_out(order: Mapping[str, Any], text: Path, count: Path) -> None:
    """The command, in a process of its own that ends with it."""
    from synth.cli import main

    said = os.open(text, os.O_WRONLY | os.O_CREAT, 0o600)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.chdir(order["cwd"])
    counter = _Counter(order["at"], os.open(count, os.O_WRONLY | os.O_CREAT, 0o600))
    sys.addaudithook(counter)
    if order["after"]:
        threading.Thread(target=counter.die_after, args=(order["after"],), daemon=True).start()
    code = 1
    with contextlib.suppress(BaseException):
        code = main(order["words"])
    sys.stdout.flush()
    os._exit(code)


class _Counter:
    """Counts what is changed, and kills the process before the change that was chosen."""

    def __init__(self, at: int, told: int) -> None:
        self._at, self._told, self._changes, self._committing = at, told, 0, False
        self._lock = threading.Lock()

    def __call__(self, event: str, arguments: Sequence[Any]) -> None:
        if event == "open":
            if not isinstance(arguments[2], int) or not arguments[2] & WRITES:
                return
        elif event not in CHANGES:
            return
        with self._lock:
            self._committing = self._committing or any(word in _told(event, arguments) for word in _COMMIT)
            if self._committing:
                return
            self._changes += 1
            os.pwrite(self._told, str(self._changes).encode(), 0)
            if self._changes == self._at:
                os.kill(os.getpid(), signal.SIGKILL)

    def die_after(self, seconds: float) -> None:
        """Kills the process in a while, unless it commits."""
        time.sleep(seconds)
        with self._lock:
            if not self._committing:
                os.kill(os.getpid(), signal.SIGKILL)


def _told(event: str, arguments: Sequence[Any]) -> str:
    """The path that is changed, or the first line of what is sent."""
    sent = event == "http.client.send"
    return bytes(arguments[1]).partition(b"\r\n")[0].decode("latin-1") if sent else str(arguments[0])


if __name__ == "__main__":
    _serve()
