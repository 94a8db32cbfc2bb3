"""Real commands of synth, each in a process of its own that dies before the n-th thing that its commit would change.

Run as a program it has imported everything, and forks a process for each command that it is told on its standard input:
a thousand of them cost a thousand runs, not a thousand starts of Python.
"""

import contextlib
import errno
import io
import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.faults.commands import CHANGES, ROOT, WRITES, Ended

SQLITE = ROOT / "plugins/synth-sqlite/synth_sqlite/__init__.py"


class Commands:
    """Carries out commands, one at a time."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.commit_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, **environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'plugins/synth-sqlite'}"},
        )

    def __call__(self, *words: str, kill_at: int = 0, fail_at: Sequence[int] = ()) -> Ended:
        """Runs a command.

        Args:
            kill_at: the change of the commit before which the process dies, from 1; 0 for none.
            fail_at: the changes that fail with an input/output error.
        """
        assert self._process.stdin is not None, "it was opened with a pipe"
        assert self._process.stdout is not None, "it was opened with a pipe"
        self._process.stdin.write(json.dumps({"words": words, "kill_at": kill_at, "fail_at": list(fail_at)}) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """Ends the process that forks."""
        assert self._process.stdin is not None, "it was opened with a pipe"
        assert self._process.stdout is not None, "it was opened with a pipe"
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


@contextmanager
def commands(environ: Mapping[str, str]) -> Iterator[Commands]:
    """Commands with an environment, as long as the ``with`` block runs."""
    found = Commands(environ)
    try:
        yield found
    finally:
        found.close()


class _Counter:
    """Counts the changes from the beginning of the commit on, and kills the process or fails the call."""

    def __init__(self, kill_at: int, fail_at: Sequence[int], told: int) -> None:
        """``told`` is an open file that says how many there were."""
        self._kill_at, self._fail_at, self._told = kill_at, {*fail_at}, told
        self._on, self._seen, self._lock = False, 0, threading.Lock()

    def begin(self) -> None:
        self._on = True

    def hook(self, event: str, values: tuple[Any, ...]) -> None:
        """An audit hook."""
        if self._on and (event in CHANGES or (event == "open" and _is_writing(values))):
            self.change()

    def change(self) -> None:
        with self._lock:
            self._seen += 1
            seen = self._seen
            os.pwrite(self._told, b"%12d" % seen, 0)
        if seen == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if seen in self._fail_at:
            raise OSError(errno.EIO, os.strerror(errno.EIO))


def _is_writing(values: tuple[Any, ...]) -> bool:
    path, mode, flags = values
    if not isinstance(path, str | bytes | os.PathLike) or "__pycache__" in os.fsdecode(path):
        return False
    text = mode or ""
    return bool((flags or 0) & WRITES) or any(letter in text for letter in "wax+")


def _watch(counter: _Counter) -> None:
    """Has the counter begin where the commit does, and see what is sent to PostgreSQL, of which audit knows nothing."""
    import psycopg

    from synth.engine import commit as module
    from synth.engine import run

    original = module.commit

    def commit(*arguments: Any, **named: Any) -> Any:
        counter.begin()
        return original(*arguments, **named)

    module.commit = run.commit = commit  # type: ignore[attr-defined]
    wait = psycopg.Connection.wait

    def waiting(self: Any, *arguments: Any, **named: Any) -> Any:
        if counter._on:
            counter.change()
        return wait(self, *arguments, **named)

    psycopg.Connection.wait = waiting  # type: ignore[method-assign]
    sys.addaudithook(counter.hook)


def _child(order: Mapping[str, Any], output: int, count: int) -> None:
    """One command in a forked process."""
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), write_through=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), write_through=True)
    if order["kill_at"] or order["fail_at"] or "run" in order["words"]:
        _watch(_Counter(order["kill_at"], order["fail_at"], count))
    from synth.cli import main

    code = 1
    try:
        code = _look(*order["words"][1:]) if order["words"][0] == "look" else main(order["words"])
    except SystemExit as error:
        code = int(error.code or 0)
    except BaseException:  # noqa: BLE001 — the parent shall see it
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _look(uri: str, stranger: str = "") -> int:
    """Prints the digest of what stands at a uri if it is whole, else what is wrong with it.

    Args:
        stranger: of a directory: the reader may not write there.
    """
    from synth.check.reader import open_output
    from synth.check.verify.tables import check_files, check_foreign
    from synth.config.catalog import load_catalog
    from synth.errors import SynthError

    if stranger and os.geteuid() == 0:
        os.setuid(65534)
    elif stranger:
        for each in (Path(uri), *filter(Path.is_dir, Path(uri).rglob("*"))):
            each.chmod(0o555)
    try:
        output = open_output(uri, load_catalog([SQLITE], []))
        failed = [check for check in (check_files(output), check_foreign(output)) if not check.ok]
        print(f"torn: {failed[0].name}: {failed[0].detail}" if failed else output.manifest["digest"])
    except SynthError as error:
        print("none" if "holds no synth run" in str(error) else f"torn: {error}")
    finally:
        if stranger and os.geteuid():
            for each in (Path(uri), *filter(Path.is_dir, Path(uri).rglob("*"))):
                with contextlib.suppress(OSError):
                    each.chmod(0o755)
    return 0


def _serve() -> None:
    """Forks for each line of standard input, and answers with a line."""
    import tempfile

    _import_everything()
    for line in sys.stdin:
        order = json.loads(line)
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as count:
            pid = os.fork()
            if not pid:
                _child(order, output.fileno(), count.fileno())
            _, status = os.waitpid(pid, 0)
            output.seek(0)
            text = output.read().decode(errors="replace")
            changes = int(os.pread(count.fileno(), 12, 0) or b"0")
        answer = {"code": os.waitstatus_to_exitcode(status), "text": text, "changes": changes}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _import_everything() -> None:
    """What a run and a verify import, so that each fork has it: a fork carries them out and tells their modules."""
    import importlib
    import tempfile

    for name in ("duckdb", "psycopg", "synth_sqlite.sink", "synth_sql.postgres.sink", "synth_sql.duckdb.sink"):
        importlib.import_module(name)
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryFile() as found:
        if not (pid := os.fork()):
            from synth.cli import main

            os.dup2(2, 1)
            sinks = [f"sink=[{','.join(_FORMATS)}]", *(f"sink.{kind}.uri={place}/{kind}" for kind in _FORMATS)]
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
    importlib.import_module("synth.sinks.s3_store")


_FORMATS = ("csv", "parquet", "jsonl", "duckdb")
_TINY = ("scenario=card_chain", "generator.transactions=2000", "population.cards=200")


if __name__ == "__main__":
    _serve()
