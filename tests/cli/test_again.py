"""``main([...])`` again and again in one process: each time as in a new one, and the process stays what it was."""

import logging
import os
import re
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

import synth as package
from synth.cli import main
from synth.engine import signals
from tests.cli.commands import MINE, TINY, Answer, contents, synth, synth_process

INTO_OUT = (*TINY, "sink=csv", "sink.csv.uri=out")

#: One after the other in one folder.
COMMANDS = (
    ("validate", *TINY, "seed=x"),
    ("run", *INTO_OUT),
    ("run", *INTO_OUT),
    ("run", "--overwrite", *INTO_OUT, "seed=2", "--json"),
    ("verify", "out"),
    ("validate", "--plugin", "mine.py", "scenario=mine"),
    ("validate", "scenario=mine"),
    ("stream", "--quiet", *TINY, "sink=stdout"),
    ("stream", "--resume", *TINY, "sink=stdout"),
    ("run", "-m", *TINY, "seed=1,x", "amount=buckets,nope"),
)

INTERRUPTING = """
import os, signal
from synth.injectors.card_chain import CardChain
from synth import hookimpl

def synth_injectors():
    os.kill(os.getpid(), signal.SIGINT)

synth_injectors = hookimpl(synth_injectors)
"""


def told(answer: Answer) -> tuple[int, str, str]:
    """What a command said, without how long it took and when it was."""
    return answer.code, timeless(answer.out), timeless(answer.err)


def timeless(text: str) -> str:
    text = re.sub(r'^seconds .*|"seconds": .*|^.* s left\n', "", text, flags=re.MULTILINE)
    return re.sub(r"sweeps/[^/]*/| \d+\.\d  (?=[0-9a-f]{12}|-)", "", text)


def run_all(run: Callable[..., Answer], folder: Path) -> list[tuple[int, str, str]]:
    folder.mkdir()
    (folder / "mine.py").write_text(MINE)
    return [told(run(*words, cwd=folder)) for words in COMMANDS]


def test_each_command_is_as_in_a_process_of_its_own(tmp_path: Path) -> None:
    alone = run_all(synth_process, tmp_path / "alone")
    assert {code for code, _, _ in alone} == {0, 2, 3}
    for name in ("once", "again"):
        assert run_all(synth, tmp_path / name) == alone
        files = (contents(tmp_path / each / "out") for each in (name, "alone"))
        found, wanted = (
            {path: text for path, text in each.items() if not path.endswith("_manifest.json")} for each in files
        )
        assert found == wanted


def state() -> dict[str, object]:
    """What a command could leave changed."""
    root = logging.getLogger()
    return {
        "signals": [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)],
        "environment": dict(os.environ),
        "directory": Path.cwd(),
        "path": list(sys.path),
        "logging": (root.level, list(root.handlers)),
        "warnings": list(warnings.filters),
    }


@pytest.mark.parametrize("words", [("run", "sink=csv"), ("stream", "sink=jsonl_stream"), ("validate", "seed=x")])
def test_a_command_leaves_the_process_as_it_was(words: tuple[str, ...], tmp_path: Path) -> None:
    before, timer_s = state(), signal.getitimer(signal.ITIMER_REAL)[0]
    sink = [word.partition("=")[2] for word in words if word.startswith("sink=")]
    main([*words, *TINY, *(f"sink.{name}.uri={tmp_path}/out" for name in sink)])
    assert state() == before
    assert timer_s > signal.getitimer(signal.ITIMER_REAL)[0] > 0, "the timer of pytest-timeout goes on"


def test_an_interrupt_is_over_with_its_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "interrupting.py").write_text(INTERRUPTING)
    before = state()
    assert main(["validate", "--plugin", str(tmp_path / "interrupting.py"), *TINY]) == 130
    assert capsys.readouterr().err == "interrupted\n"
    assert state() == before
    assert not signals.is_interrupt(ValueError())
    with pytest.raises(package.ConfigError, match="seed is 'x'"):
        package.run(*TINY, "seed=x")
