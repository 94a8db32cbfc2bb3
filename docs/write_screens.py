"""Writes docs/screens.md: what commands print in a terminal of 80 columns. ``python docs/write_screens.py [--check]``.

Each command runs in a pseudoterminal of that size, in an empty folder; ``--check`` compares and writes nothing.
"""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from page import publish

ROOT = Path(__file__).resolve().parents[1]
_COLUMNS, _ROWS = 80, 40

COMMANDS = (
    "synth preview experiment=tiny scenario=card_chain --rows 2",
    "synth list scenario",
    "synth describe card_chain",
    "synth plan scenario=card_chain generator.transactions=100000",
    "synth run scenario=card_chain generator.transactions=20000 sink=csv sink.csv.uri=out",
    "synth run scenario=card_chain generator.transactions=20000 sink=csv sink.csv.uri=out",
    "synth stats out",
    "synth validate scenario=card_chain scenario.card_chain.ratoi=0.01 seed=x generator=spendin",
    "synth run -m scenario=card_chain generator.transactions=20000 seed=1,2",
    "synth plugins list",
)

#: What is another thing each time: durations and rates, and the stamp in the name of a folder.
_CHANGING = (
    (r"(?m)(?<=^seconds     )[\d.]+, [\d,.]+ ", "..., ... "),
    (r"\d+\.\d(?=  [0-9a-f]{12}\b)", "..."),
    (r"\d{8}-\d{6}-[0-9a-f]{4}", "..."),
    (r"\x1b\[[0-9;?]*[A-Za-z]", ""),
)


def screen_of(command: str, folder: str) -> str:
    """What the terminal shows in the end; a line that was written over is left out."""
    main, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
    env = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
    env |= {"PATH": f"{Path(sys.executable).parent}:{env['PATH']}", "TERM": "xterm", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command.split(), cwd=folder, env=env, stdin=other, stdout=other, stderr=other)
    os.close(other)
    shown = b""
    while True:
        try:
            read = os.read(main, 65536)
        except OSError:  # the other end is closed
            break
        if not read:
            break
        shown += read
    os.close(main)
    process.wait()
    text = "\n".join(line.rstrip("\r").rpartition("\r")[2].rstrip() for line in shown.decode().split("\n"))
    for pattern, instead in _CHANGING:
        text = re.sub(pattern, instead, text)
    return text.strip("\n")


def page() -> str:
    """The page."""
    head = "# What synth prints\n\nIn a terminal of 80 columns, written by `python docs/write_screens.py`.\n"
    with tempfile.TemporaryDirectory() as folder:
        blocks = [f"```text\n$ {command}\n{screen_of(command, folder)}\n```\n" for command in COMMANDS]
    return "\n".join([head, *blocks])


if __name__ == "__main__":
    sys.exit(publish("screens.md", page()))
