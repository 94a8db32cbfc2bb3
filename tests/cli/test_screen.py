"""Answers fit the screen: no line is longer, no word is broken; in a pipe a line stays one line."""

import fcntl
import io
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
import yaml

from synth.cli import screen
from tests.cli.commands import ROOT, TINY, synth

#: What a person reads; ``out`` is a finished run.
COMMANDS = (
    "preview experiment=tiny --rows=2",
    "list",
    "describe card_chain",
    "plugins list",
    "config show --origin",
    "plan scenario=card_chain population.cards=500 generator.transactions=3000",
    "verify out",
    "stats out",
    "validate experiment=retail_us scenario=[]",
)
WIDTHS = (40, 80, 200)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("screen")
    assert synth("run", *TINY, "sink.parquet.uri=out", cwd=made).code == 0
    return made


def words_of(text: str) -> set[str]:
    """All but the drawn lines of preview, which are as long as there is room."""
    return {word for word in text.split() if not {*word} <= {"·", "●"}}


@pytest.mark.parametrize("line", COMMANDS)
def test_an_answer_fits(line: str, place: Path) -> None:
    shown = {width: synth(*line.split(), cwd=place, env={"COLUMNS": str(width)}).out for width in WIDTHS}
    for width, out in shown.items():
        too_long = [each for each in out.splitlines() if len(each) > width]
        assert all(len(each.split()) == 1 or each.lstrip().startswith("# ") for each in too_long), too_long
        assert words_of(out) == words_of(shown[200])


def test_an_error_fits_the_terminal_that_it_goes_to(tmp_path: Path) -> None:
    main, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 60, 0, 0))
    command = [sys.executable, "-m", "synth", "validate", "scenario=nothing"]
    subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, stderr=other, check=False)
    os.close(other)
    shown = os.read(main, 65536).decode().splitlines()
    os.close(main)
    assert max(map(len, shown)) <= 60 < len(" ".join(shown))
    piped = synth("validate", "scenario=nothing", cwd=tmp_path, env={"COLUMNS": "60"}).err
    assert piped.split() == " ".join(shown).split()
    assert max(map(len, piped.splitlines())) > 60


def test_a_line_stays_one_line_in_a_pipe(place: Path) -> None:
    [line] = [line for line in synth("describe", "card_chain", cwd=place).out.splitlines() if "  follower_" in line]
    assert line.endswith("the run's amount law")


def test_a_broken_configuration_is_the_same_yaml(place: Path) -> None:
    words = ("config", "show", "--origin", "experiment=tiny", "+vars.text='a  b # c: d'")
    shown = [yaml.safe_load(synth(*words, cwd=place, env=env).out) for env in ({}, {"COLUMNS": "30"})]
    assert shown[0] == shown[1]
    assert shown[0]["vars"] == {"text": "a  b # c: d"}


def test_the_dagger_is_explained_where_it_is_shown(tmp_path: Path) -> None:
    assert synth("list", "noise", cwd=tmp_path).out.endswith("\n\n† an assumption: no source is known for it\n")
    assert "†" not in synth("list", "sink", cwd=tmp_path).out


def test_cells_hang_below_their_column() -> None:
    rows = [["  a", "one two three"], ["bb", "four"]]
    assert screen.table(rows, width=12) == "  a  one two\n     three\nbb   four"
    assert screen.table(rows, width=10) == "  a  one\n     two\n     three\nbb   four"
    assert screen.table(rows, width=6) == "  a\n    one\n    two\n    three\nbb\n    four"


def test_a_word_that_fits_nowhere_stands_below_its_row() -> None:
    rows = [["ok", "files", "all of them"], ["ok", "digest", "f" * 16]]
    below = "    " + "f" * 16
    assert screen.table(rows, width=20) == f"ok  files   all of\n            them\nok  digest\n{below}"


def test_columns_with_heads_become_several_tables() -> None:
    rows = [["name", "first", "second"], ["a", "1", "2"]]
    assert screen.table(rows, width=14, head=True) == "name  first\na     1\n\nname  second\na     2"
    assert (
        screen.table(rows, width=14, head=True, right=(1, 2))
        == "name  first\na         1\n\nname  second\na          2"
    )


def test_a_wide_character_takes_two_columns() -> None:
    assert screen.table([["日本", "x"], ["abcd", "y"]]) == "日本  x\nabcd  y"
    assert screen.wrap("日本 日本", 8) == ["日本", "日本"]


@pytest.mark.parametrize(
    ("encoding", "shown"), [("ascii", "+ ... -> o"), ("latin-1", "+ ... -> o"), ("utf-8", "† … → ●")]
)
def test_a_screen_without_the_character_gets_another(encoding: str, shown: str) -> None:
    assert screen.drawn("† … → ●", io.TextIOWrapper(io.BytesIO(), encoding=encoding)) == shown


@pytest.mark.parametrize("locale", [{"LANG": "C"}, {"LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}])
def test_a_terminal_of_an_ascii_locale_gets_ascii(locale: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        encoding = "utf-8"  # Python's choice for these locales

        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("LC_ALL", raising=False)
    for name, value in locale.items():
        monkeypatch.setenv(name, value)
    assert screen.drawn("†", Terminal()) == "+"
    assert screen.drawn("†", io.StringIO()) == "†"
