"""Systems on which synth does not run are told so, at once and in one place."""

import subprocess
import sys
from pathlib import Path

import pytest

#: Windows, as far as it matters here: nothing that only POSIX has can be imported, and nothing asked of it.
WINDOWS = """
import os, sys
sys.platform = "win32"
sys.modules["fcntl"] = None
del os.sysconf
"""


def on_windows(code: str, tmp_path: Path) -> tuple[int, str, str]:
    command = [sys.executable, "-c", WINDOWS + code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("words", [["run", "scenario=card_chain"], ["doctor"], ["--help"], ["no such command"]])
def test_a_command_ends_with_one_line(words: list[str], tmp_path: Path) -> None:
    code = f"sys.argv[1:] = {words}\nfrom synth.__main__ import main\nsys.exit(main())"
    ended, out, err = on_windows(code, tmp_path)
    assert (ended, out) == (2, "")
    assert err.splitlines() == [
        "error: synth runs on Linux and macOS, not on Windows; its Subsystem for Linux (WSL) is a Linux"
    ]
    assert list(tmp_path.iterdir()) == []


def test_the_python_api_says_the_same(tmp_path: Path) -> None:
    code = "import synth\ntry:\n    synth.run()\nexcept Exception as e:\n    print(type(e).__name__, e)"
    ended, out, _ = on_windows(code, tmp_path)
    assert ended == 0
    assert out.startswith("UnsupportedSystem synth runs on Linux and macOS, not on Windows")
