"""Completion: what the parser declares is followed, in every shell that has a script."""

import os
import pty
import select
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from synth.cli.completion import candidates
from synth.cli.describe import explain
from synth.cli.parser import Parser, make_parser
from synth.config.catalog import load_catalog
from tests.cli.commands import MINE, environ, synth

BEGUN, FINISHED = "scenario=[card_ch", ["scenario=[card_chain"]


def lines_of(parser: Parser, said: str = "") -> Iterator[tuple[str, Parser]]:
    """(line, parser) of every command and action, with a word for each argument before the overrides."""
    commands = parser.commands()
    for name, command in commands.items():
        yield from lines_of(command, f"{said}{name} ")
    if not commands:
        fixed = [action for action in parser.positionals() if action.nargs != "*"]
        yield said + "".join(f"{next(iter(action.choices or ['card_chain']))} " for action in fixed), parser


#: Each command that takes overrides, and each of its flags that take a value.
TAKING = {line: parser for line, parser in lines_of(make_parser()) if parser.positionals()[-1:]}
TAKING = {line: parser for line, parser in TAKING.items() if parser.positionals()[-1].dest == "overrides"}
VALUED = [
    (line, flag)
    for line, parser in TAKING.items()
    for flag in parser.option_strings()
    if (action := parser.option(flag)) and action.nargs != 0
]


def value_for(flag: str, tmp_path: Path) -> str:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins/mine.py").write_text(MINE)
    places = {"--plugin": tmp_path / "plugins/mine.py", "--plugins-dir": tmp_path / "plugins", "--config-dir": tmp_path}
    return str(places.get(flag, 2))


def test_what_is_walked() -> None:
    assert set(TAKING) == {
        *(
            "run ",
            "stream ",
            "validate ",
            "plan ",
            "doctor ",
            "preview ",
            "config show ",
            "plugins check card_chain ",
            "lint ",
            "report ",
        ),
    }
    flags = ("--workers", "--resume", "--parts", "--part")
    assert {*(("run ", flag) for flag in flags), ("stream ", "--parts"), ("stream ", "--part")} < set(VALUED)
    assert {("preview ", "--rows"), ("preview ", "--scenario"), ("plan ", "--parts"), ("doctor ", "--parts")} < set(
        VALUED
    )
    assert len(VALUED) == 16 + 3 * len(TAKING)


@pytest.mark.parametrize(("line", "flag"), VALUED)
def test_an_override_is_completed_behind_every_flag(line: str, flag: str, tmp_path: Path) -> None:
    value = value_for(flag, tmp_path)
    assert candidates(f"{line}{flag} {value} {BEGUN}") == FINISHED
    assert candidates(f"{line}{flag}={value} {BEGUN}") == FINISHED
    assert candidates(f"{line}seed=1 {flag} {value} amount=gamma {BEGUN}") == FINISHED
    action = TAKING[line].option(flag)
    if action and action.type is not Path and not action.choices:
        assert candidates(f"{line}{flag} ") == []


@pytest.mark.parametrize("line", TAKING)
def test_an_override_is_completed_behind_flags_without_a_value(line: str) -> None:
    flags = [f for f in TAKING[line].option_strings() if (a := TAKING[line].option(f)) and a.nargs == 0]
    assert {"--json", "--quiet", "--debug"} <= {*flags}
    assert candidates(f"--json {line}{' '.join(flags)} {BEGUN}") == FINISHED
    assert candidates(f"{line}--jso") == ["--json"]


def test_the_values_of_flags_are_heeded(tmp_path: Path) -> None:
    plugin = value_for("--plugin", tmp_path)
    for before, after in (
        (f"--plugin {plugin} ", ""),
        ("", f"--plugin={plugin} "),
        ("", f"--plugins-dir {tmp_path}/plugins "),
    ):
        assert candidates(f"{before}run {after}scenario=[mi") == ["scenario=[mine"]
    (tmp_path / "amount").mkdir()
    (tmp_path / "amount/own.yaml").write_text("kind: gamma\n")
    assert candidates(f"run --config-dir {tmp_path} amount=gamma,ow") == ["amount=gamma,own"]
    assert candidates(f"run --config {tmp_path} amount=gamma,ow") == ["amount=gamma,own"]
    assert candidates("plugins new x --kind si") == ["sink"]


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_word_within_quotes_is_completed(quote: str) -> None:
    assert candidates(f"run {quote}{BEGUN}") == FINISHED
    assert candidates(f"run {quote}columns.fields=[{{name: a, source: tid}}]{quote} {quote}{BEGUN}") == FINISHED


@pytest.mark.parametrize("line", ["run\\", "run 'a\\", "nonsense x", "plugins list ", "plugins new ", "schema config "])
def test_nothing_is_offered_where_nothing_fits(line: str) -> None:
    assert candidates(line) == []


def test_files_and_folders_are_offered_where_a_path_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("out/deep", "own", ".hidden"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("own.py", "out/other.py", "out/data.csv"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    assert candidates("run --plugin o") == ["out/", "own/", "own.py"]
    assert candidates("run --plugin out/") == ["out/deep/", "out/other.py"]
    assert candidates("list --config-dir o") == candidates("--plugins-dir o") == ["out/", "own/"]
    assert candidates("verify ") == candidates("stats ") == ["out/", "own/"]
    assert candidates("verify .h") == [".hidden/"]
    assert candidates(f"verify {tmp_path}/out/d") == [f"{tmp_path}/out/deep/"]
    assert candidates("verify nowhere/") == []
    assert candidates("plugins check ow") == ["own/", "own.py"]


def test_what_follows_describe_is_offered() -> None:
    assert candidates("describe card_ch") == ["card_chain"]
    assert candidates("describe merchants.na") == ["merchants.name"]
    assert candidates("describe experiment=tin") == ["experiment=tiny"]
    assert {"scenario", "sink"} < {*candidates("describe s")}


def test_the_path_of_a_key_is_offered_step_by_step() -> None:
    assert candidates("describe scenario.card_c") == ["scenario.card_chain."]
    assert candidates("describe scenario.card_chain.ra") == ["scenario.card_chain.ratio"]
    assert candidates("describe scenario.card_chain.chain_l") == [
        "scenario.card_chain.chain_length",
        "scenario.card_chain.chain_length.",
    ]
    assert candidates("describe timeline.") == ["timeline.end", "timeline.start"]
    assert candidates("describe scenario.nothing.") == []


@pytest.mark.parametrize("head", ["generator.", "amount.", "runner.", "sink.", "scenario.", "population.", "clock."])
def test_every_path_that_is_offered_is_described(head: str) -> None:
    catalog = load_catalog()
    ends, open_paths = [], [head]
    while open_paths:
        offered = candidates(f"describe {open_paths.pop()}")
        ends += [path for path in offered if path[-1] != "." and path.partition(".")[0] == head[:-1]]
        open_paths += [path for path in offered if path[-1] == "."]
    assert len(ends) > 1
    for path in ends[:: max(1, len(ends) // 6)]:
        assert explain(path, catalog, [])["title"].startswith(f"key {path}, of ")


# the shells


def type_and_tab(shell: list[str], setup: str, line: str, wanted: str, cwd: Path) -> str:
    """What a shell shows when somebody types a line and presses Tab, until it shows what is wanted."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(cwd)
        os.execvpe(shell[0], shell, environ() | {"PS1": "$ ", "TERM": "dumb"})

    def read_until(text: str, seconds: float) -> str:
        shown, end = "", time.monotonic() + seconds
        while text not in shown and time.monotonic() < end:
            if select.select([terminal], [], [], 0.2)[0]:
                shown += os.read(terminal, 65536).decode(errors="replace")
        return shown

    try:
        os.write(terminal, f"{setup}; echo re''ady\n".encode())
        assert "ready" in read_until("ready", 30)
        os.write(terminal, f"{line}\t".encode())
        return read_until(wanted, 30)
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(terminal)


SHELLS = {
    "bash": (["bash", "--norc", "-i"], "source ./script"),
    "zsh": (["zsh", "-f", "-i"], "unsetopt prompt_cr; autoload -U compinit; compinit -u -d ./dump; source ./script"),
}
LINES = [
    ("synth stream --parts 2 scenario=card_ch", "card_chain"),
    ("synth run seed=1 --dry-run 'scenario=[card_ch", "card_chain"),
    ("synth run --workers 2 timeline.st", "timeline.start="),
    ("synth pla", "plan"),
]


@pytest.mark.parametrize(("line", "wanted"), LINES)
@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes(shell: str, line: str, wanted: str, tmp_path: Path) -> None:
    if not shutil.which(shell):
        pytest.skip(f"no {shell}; its completion was not tried: apt-get install {shell}")
    (tmp_path / "script").write_text(synth("completion", shell, cwd=tmp_path).out)
    command, source = SHELLS[shell]
    setup = f'synth() {{ {shlex.quote(sys.executable)} -m synth "$@"; }}; {source}'
    shown = type_and_tab(command, setup, line, wanted, tmp_path)
    assert wanted in shown, shown


@pytest.mark.parametrize(("line", "wanted"), LINES)
def test_fish_completes(line: str, wanted: str, tmp_path: Path) -> None:
    if not shutil.which("fish"):
        pytest.skip("no fish; its completion was not tried: apt-get install fish")
    script = f"function synth; {shlex.quote(sys.executable)} -m synth $argv; end\n"
    script += synth("completion", "fish", cwd=tmp_path).out + f'\ncomplete -C "{line}"\n'
    done = subprocess.run(
        ["fish", "--no-config"], input=script, cwd=tmp_path, env=environ(), capture_output=True, text=True, check=True
    )
    assert any(wanted in word for word in done.stdout.split()), done
