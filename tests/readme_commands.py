"""Run every command that README.md shows, and compare what it prints with what the page says.

A fenced ``console`` block is a promise: each line that starts with ``$ `` is run by bash, in order, all in one
directory that holds only ``plugins``, with this interpreter's ``bin`` first on the path. A line that ends in a
backslash goes on in the next one. ``# exit 2`` at the end of a command says that it must fail with that code. Lines
below a command are its output: ``...`` stands for anything, within a line or over several; runs of spaces count as one;
no lines: not compared. ``<!-- not run: reason -->`` above a block leaves it out, and the reason is printed;
``<!-- server: NAME -->`` has it run against a server that is started for it (tests/page_servers.py). A block of another
language that says ``file=NAME`` after it is saved under that name for the commands that follow.

    python -m tests.readme_commands [FILE...]
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Container, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 600
PLAIN = {"NO_COLOR": "1", "COLUMNS": "120"}
BLOCK = re.compile(
    r"(?:<!-- (?:not run: (?P<why>.+?)|server: (?P<server>\w+)) -->\s*\n)?"
    r"^```(?:console|\w+ file=(?P<file>\S+))\n(?P<body>.*?)^```",
    re.MULTILINE | re.DOTALL,
)
SERVER = re.compile(r"^<!-- server: (\w+) -->$", re.MULTILINE)


@dataclass(kw_only=True)
class Command:
    """One shown command, the output shown below it, and the exit code that it must end with; or a file to save."""

    text: str
    exit_code: int = 0
    shown: list[str] = field(default_factory=list)
    file: str = ""


def read_commands(page: str, lacking: Container[str] = ()) -> tuple[list[Command], list[str]]:
    """Return the commands of a page in order, and the reason of each block that is not run, as for lack of a server."""
    commands: list[Command] = []
    left_out: list[str] = []
    for block in BLOCK.finditer(page):
        if block["why"] or block["server"] in lacking:
            left_out.append(block["why"] or f"no server {block['server']} can be started here")
            continue
        if block["file"]:
            commands.append(Command(text=block["body"], file=block["file"]))
            continue
        first = len(commands)
        continues = False
        for line in block["body"].splitlines():
            if continues:
                commands[-1].text += "\n" + line
            elif line.startswith("$ "):
                commands.append(Command(text=line[2:]))
            elif len(commands) > first:
                commands[-1].shown.append(line)
            else:
                message = f"a console block starts with output, not with a command: {line!r}"
                raise ValueError(message)
            continues = (continues or line.startswith("$ ")) and line.endswith("\\")
    for command in commands:
        if code := re.search(r"\s# exit (\d+)$", command.text):
            command.exit_code = int(code[1])
    return commands, left_out


def matches(shown: list[str], printed: str) -> bool:
    """Whether printed text is what the page shows, up to its ``...`` and to white space."""
    pattern = re.escape(" ".join(" ".join(shown).split())).replace(r"\.\.\.", ".*")
    pattern = re.sub(r"^\.\*\\ ", "(.* )?", pattern)  # nothing may stand before the first line that is shown
    return re.fullmatch(pattern, " ".join(printed.split())) is not None


def usual_environment() -> dict[str, str]:
    """This interpreter's commands come first, and its warnings are errors."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **PLAIN, "PATH": path, "PYTHONWARNINGS": "error"}


def run_command(command: Command, directory: Path, environment: Mapping[str, str]) -> str | None:
    """Run one command, or save one file; return what is wrong with it, or None."""
    if command.file:
        (directory / command.file).write_text(command.text, encoding="utf-8")
        return None
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command.text],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    if done.returncode != command.exit_code:
        return f"exit code {done.returncode}, not {command.exit_code}\n{done.stdout}"
    if any(line.strip() for line in command.shown) and not matches(command.shown, done.stdout):
        return "it printed\n" + done.stdout + "\nthe page shows\n" + "\n".join(command.shown)
    return None


def check_page(
    page: Path, environment: Mapping[str, str], words: Mapping[str, str], lacking: Container[str] = ()
) -> int:
    """Run a page from top to bottom; return how many of its commands fail.

    Args:
        words: what stands on the page → what is meant.
        lacking: servers that are not there.
    """
    name = os.path.relpath(page, ROOT) if page.is_relative_to(ROOT) else page.name
    text = page.read_text(encoding="utf-8")
    for word, meant in words.items():
        text = text.replace(word, meant)
    commands, left_out = read_commands(text, lacking)
    if not left_out and not any(not command.file for command in commands):
        print(f"{name}: no console block with a command", file=sys.stderr)
        return 1
    failed = 0
    with tempfile.TemporaryDirectory(prefix="synth-readme-") as directory:
        (Path(directory) / "plugins").symlink_to(ROOT / "plugins")
        for command in commands:
            started = time.perf_counter()
            wrong = run_command(command, Path(directory), environment)
            verdict = "ok" if wrong is None else "FAILED"
            told = f"({command.file})" if command.file else f"$ {command.text}"
            print(f"{name}: {verdict} {time.perf_counter() - started:6.1f} s  {told}", flush=True)
            if wrong is not None:
                print(wrong, file=sys.stderr, flush=True)
                failed += 1
    for why in left_out:
        print(f"{name}: one block not run: {why}")
    print(f"{name}: {len(commands) - failed} of {len(commands)} steps hold")
    return failed


def check_pages(pages: Sequence[Path]) -> int:
    """Run pages, each with the servers that it names; return how many commands fail."""
    from tests.page_servers import PageServers

    failed = 0
    with PageServers() as servers:
        for page in pages:
            environment, words, lacking = usual_environment(), dict[str, str](), list[str]()
            with ExitStack() as started:
                for name in sorted(set(SERVER.findall(page.read_text(encoding="utf-8")))):
                    if missing := servers.missing(name):
                        print(f"{page.name}: {missing}", file=sys.stderr)
                        lacking.append(name)
                        failed += "SYNTH_REQUIRE_SERVERS" in os.environ
                        continue
                    settings, meant = started.enter_context(servers.start(name))
                    environment |= settings
                    words |= meant
                failed += check_page(page, environment, words, lacking)
    return failed


def main() -> int:
    """Run the pages named on the command line; README.md by default."""
    return 1 if check_pages([Path(name).resolve() for name in sys.argv[1:]] or [ROOT / "README.md"]) else 0


if __name__ == "__main__":
    raise SystemExit(main())
