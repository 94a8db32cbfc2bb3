"""Commands as a user types them: most of them in this process, and in a process of its own where that is the point."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cli.in_process import run_in_process
from tests.forked import Forked, can_fork

Process = subprocess.Popen[str]

ROOT = Path(__file__).parents[2]

#: A run of well under a second, with two episodes in it.
TINY = ("generator.transactions=3000", "block_rows=1000", "population.cards=500", "scenario=card_chain")

#: A run of some seconds, to be disturbed; the writer of the table is what it waits for.
LONG = ("generator.transactions=12000000", "block_rows=50000", "scenario=card_chain", "sink=csv", "runner.workers=2")

#: What somebody would type by accident, and nobody may ever read.
CANARY = "hunter2canary"


#: A plugin in one file, with a fraud pattern called mine: the built-in one under another name.
MINE = """
from dataclasses import dataclass
from typing import Literal
import synth
from synth.injectors.card_chain import CardChain, CardChainConfig

@dataclass(frozen=True, kw_only=True)
class MineConfig(CardChainConfig):
    '''A pattern of my own.'''
    kind: Literal["mine"] = "mine"
    ratio: float = 0.0025
    mode: Literal["replace", "add"] = "replace"
    chain_length: synth.Length = synth.Length(min=3, max=10)
    interval_s: synth.Seconds = synth.Seconds(min=30, max=120)
    follower_amount: Literal["small_first", "run"] = "run"

@synth.hookimpl
def synth_injectors():
    return [synth.Spec(MineConfig, CardChain)]
"""


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def envelope(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        found = json.loads(self.out)
        assert list(found) == ["version", "command", "exit_code", "data", "errors"]
        assert (found["version"], found["exit_code"]) == (1, self.code)
        for error in found["errors"]:
            assert {*error} == {"message", "path", "where", "allowed", "hint", "note"}
            assert isinstance(error["allowed"], list)
        return found

    def row(self, name: str) -> str:
        """What stands behind a name in a table of two columns."""
        [found] = [line for line in self.out.splitlines() if line.split("  ")[0] == name]
        return found.removeprefix(name).strip()

    def one_line(self) -> str:
        """The error, which has to be told in one line."""
        assert "Traceback" not in self.err
        [line] = self.said()
        return line

    def said(self) -> list[str]:
        """The lines of stderr, but for those of a slow machine that tell how far it is."""
        return [line for line in self.err.splitlines() if not line.endswith(" s left")]


def environ(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without what would lead a run elsewhere."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("SYNTH_", "AWS_", "COV_", "COLUMNS"))
    }
    aws = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return kept | aws | {"PYTHONPATH": str(ROOT)} | dict(extra or {})


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "synth", *words]


def synth(*words: str, cwd: Path, env: Mapping[str, str] | None = None) -> Answer:
    """A command in this process, which need not start Python again."""
    return Answer(*run_in_process(words, cwd, environ(env)))


def synth_reading(*words: str, cwd: Path) -> Answer:
    """Runs a command in process that may change nothing below its directory."""
    before = tree(cwd)
    answer = synth(*words, cwd=cwd)
    assert tree(cwd) == before
    return answer


def synth_process(*words: str, cwd: Path, env: Mapping[str, str] | None = None) -> Answer:
    """A command in a process of its own."""
    if not can_fork(env):
        return run_process(command(*words), cwd=cwd, env=env)
    with start(*words, cwd=cwd, env=env) as process:
        return finish(process, 120)


def run_process(words: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None) -> Answer:
    """Any program, in a command's environment."""
    done = subprocess.run(words, cwd=cwd, env=environ(env), capture_output=True, text=True, timeout=120, check=False)
    return Answer(done.returncode, done.stdout, done.stderr)


@contextmanager
def start(*words: str, cwd: Path, env: Mapping[str, str] | None = None) -> Iterator[Process]:
    """A command that goes on; in a session of its own, so that a signal reaches it alone or with its children.

    Whatever becomes of the test, the command ends with it.
    """
    pipe: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    with (
        Forked(words, cwd=cwd, env=environ(env))
        if can_fork(env)
        else subprocess.Popen(command(*words), cwd=cwd, env=environ(env), **pipe)
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def finish(process: Process, seconds: float = 60) -> Answer:
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return Answer(process.returncode, out, err)


def wait_until(is_so: Callable[[], bool], process: Process) -> None:
    """Returns when something is so, while a process runs that is to make it so."""
    deadline = time.monotonic() + 60
    while not is_so():
        assert process.poll() is None, f"it ended too early: {finish(process)}"
        assert time.monotonic() < deadline
        time.sleep(0.005)


def wait_for_bytes(place: Path, pattern: str, at_least: int, process: Process) -> None:
    """Returns when a file below the place has grown so far."""

    def has_grown() -> bool:
        for path in place.rglob(pattern):
            with suppress(FileNotFoundError):
                if path.stat().st_size >= at_least:
                    return True
        return False

    wait_until(has_grown, process)


def tree(place: Path) -> dict[str, int]:
    """Every file and folder with its size; folders have none, and what Python keeps of a plugin's file is not shown."""
    paths = [path for path in sorted(place.rglob("*")) if "__pycache__" not in path.parts]
    return {path.relative_to(place).as_posix(): path.stat().st_size if path.is_file() else -1 for path in paths}


def contents(place: Path) -> dict[str, bytes]:
    return {p.relative_to(place).as_posix(): p.read_bytes() for p in sorted(place.rglob("*")) if p.is_file()}
