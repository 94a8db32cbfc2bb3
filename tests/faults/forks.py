"""Real commands of synth, each in a process of its own, that die before the n-th thing that they would change.

Run as a program it has imported everything, and forks a process for each command that it is told on its standard input:
a thousand of them cost a thousand runs, not a thousand starts of Python.
"""

import contextlib
import gc
import hashlib
import importlib
import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.faults.changes import Changes, Within
from tests.faults.commands import ROOT, Ended
from tests.faults.seen import look

SQLITE = ROOT / "plugins/synth-sqlite/synth_sqlite/__init__.py"


class Forks:
    """Carries out commands, one at a time."""

    def __init__(self, process: "subprocess.Popen[str]", env: Mapping[str, str] | None = None) -> None:
        self._process, self._env = process, dict(env or {})

    def near(self, env: Mapping[str, str]) -> "Forks":
        """The same, with more in the environment of each command."""
        return Forks(self._process, self._env | dict(env))

    def run(
        self,
        *words: str,
        cwd: Path = ROOT,
        at: int = 0,
        after: float = 0.0,
        fail_at: Sequence[int] = (),
        within: Within = "run",
    ) -> Ended:
        """Runs a command; ``look uri …`` says what stands at uris.

        Args:
            at: the change before which it is killed, from 1; 0 for none.
            after: seconds after which it is killed, 0 for never.
            fail_at: the changes that fail with an input/output error.
            within: where changes are counted, and kills may come.
        """
        assert self._process.stdin
        assert self._process.stdout
        order: dict[str, Any] = {"words": words, "cwd": str(cwd), "env": self._env, "within": within}
        order |= {"at": at, "after": after, "fail_at": list(fail_at)}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))


@contextmanager
def forking() -> Iterator[Forks]:
    """Commands in this process's environment without what would lead a run elsewhere, while the ``with`` block runs."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("SYNTH_", "AWS_", "SLURM_"))}
    path = f"{ROOT}{os.pathsep}{ROOT / 'plugins/synth-sqlite'}"
    environ |= {"PYTHONPATH": path, "PYTHONWARNINGS": "ignore"}
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "tests.faults.forks"]
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield Forks(process)
        finally:
            assert process.stdin
            process.stdin.close()
            process.wait(30)


def digests(place: Path) -> dict[str, str]:
    """Every file below a place, hidden ones too, with the digest of its bytes."""
    files = (path for path in sorted(place.rglob("*")) if path.is_file())
    return {path.relative_to(place).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _serve() -> None:
    """Forks for each line of standard input, and answers with a line."""
    answers = os.fdopen(os.dup(1), "w")
    _speak(2)
    import_everything(_MODULES)
    gc.freeze()  # or the first collection of each fork would copy all of it
    for line in sys.stdin:
        order = json.loads(line)
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as count:
            pid = os.fork()
            if not pid:
                _carry_out(order, output.fileno(), count.fileno())
            _, status = os.waitpid(pid, 0)
            output.seek(0)
            text = output.read().decode(errors="replace")
            changes = int(os.pread(count.fileno(), 12, 0) or b"0")
        answer = {"code": os.waitstatus_to_exitcode(status), "text": text, "changes": changes}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _speak(file: int) -> None:
    """Has both standard streams go to an open file."""
    os.dup2(file, 1)
    os.dup2(file, 2)
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), write_through=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), write_through=True)


def _carry_out(order: Mapping[str, Any], output: int, count: int) -> None:
    """One command in a forked process, which ends with it."""
    from synth.cli import main

    _speak(output)
    os.chdir(order["cwd"])
    os.environ.update(order["env"])
    words = order["words"]
    code = 1
    try:
        if words[0] == "look":
            look(*words[1:])
            code = 0
        else:
            changes = Changes(order["within"], order["at"], order["fail_at"], count)
            changes.watch()
            if order["after"]:
                threading.Thread(target=changes.die_after, args=(order["after"],), daemon=True).start()
            code = main(words)
    except SystemExit as error:
        code = int(error.code or 0)
    except BaseException:  # noqa: BLE001 — the parent shall see it
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def import_everything(modules: Sequence[str]) -> None:
    """These modules, and what a run and a verify import and keep, so that each fork has it.

    A fork makes the runs and tells their modules, for threads that a run started would be missing in forks.
    """
    from synth.cli import main

    for name in modules:
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


_MODULES = (
    *("duckdb", "psycopg", "deltalake", "pyiceberg.catalog.sql", "synth.sinks.s3_store", "synth.cli.clean"),
    *("synth_sqlite.sink", "synth_sql.postgres.sink", "synth_sql.duckdb.sink", "synth.cli.commit"),
)
_FORMATS = ("csv", "parquet", "jsonl", "duckdb")
_TINY = ("scenario=card_chain", "generator.transactions=2000", "population.cards=200")


if __name__ == "__main__":
    _serve()
