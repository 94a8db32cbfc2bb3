"""Folders of plugins, presets beside a file, views, checks and subscribers, as a user types them."""

from pathlib import Path

import pytest

from tests.cli.commands import MINE, TINY, Answer, synth

ALL = (
    MINE
    + """
__version__ = "2.0"
synth_api = ">=1.0,<2"
print("noise at import")

@synth.hookimpl
def synth_views():
    return [synth.View("short", "Time and amount", (("day", "time", "%Y-%m-%d"), ("paid", "amount")))]

@synth.hookimpl
def synth_checks():
    return [synth.CheckSpec("amounts", lambda output: [], ("amount",)), synth.CheckSpec("roles", len, ("role",))]

class Silent:
    run_started = block_done = run_ended = lambda self, event: None

class Moody(Silent):
    def block_done(self, event):
        raise ValueError("no metrics today")

@synth.hookimpl
def synth_subscribers():
    return [Silent, Moody]
"""
)
PRESETS = "scenario:\n  mine_often:  # Twice as often\n    kind: mine\n    ratio: 0.005\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a plugin that does all, its presets, and a broken plugin."""
    (tmp_path / "extra").mkdir()
    (tmp_path / "extra/mine.py").write_text(ALL)
    (tmp_path / "extra/mine.yaml").write_text(PRESETS)
    (tmp_path / "extra/broken.py").write_text("import no_such_library")
    return tmp_path


def ask(*words: str, cwd: Path) -> Answer:
    return synth(*words, "--plugins-dir", "extra", cwd=cwd)


def test_the_list_shows_what_each_plugin_brings(folder: Path) -> None:
    answer = ask("plugins", "list", cwd=folder)
    assert answer.code == 0
    told = "2.0      >=1.0,<2  scenario: mine; columns: short; 1 preset; 2 checks; 2 subscribers"
    assert answer.row("mine").startswith(told)
    assert answer.row("mine").endswith("extra/mine.py    ok")
    assert answer.out.endswith("\n\nbroken: ModuleNotFoundError: No module named 'no_such_library'\n")
    _, broken, mine = ask("plugins", "list", "--json", cwd=folder).envelope["data"]
    assert (broken["status"], broken["error"]) == ("broken", "ModuleNotFoundError: No module named 'no_such_library'")
    assert mine == {
        "name": "mine",
        "version": "2.0",
        "api": ">=1.0,<2",
        "source": "extra/mine.py",
        "provides": {
            "scenario": ["mine"],
            "presets": ["scenario=mine_often"],
            "views": ["short"],
            "checks": ["amounts", "roles"],
            "subscribers": 2,
        },
        "roots": [],
        "status": "ok",
        "error": "",
    }


def test_every_command_takes_a_folder_of_plugins(folder: Path) -> None:
    words = [*TINY[:3], "scenario=mine_often", "columns=short"]
    for command in (["validate"], ["plan"], ["preview"], ["config", "show"]):
        assert ask(*command, *words, cwd=folder).code == 0
    assert "Twice as often" in ask("list", "scenario", cwd=folder).row("scenario=mine_often")
    assert "Twice as often" in ask("describe", "mine_often", cwd=folder).out
    assert "scenario.mine" in str(ask("schema", "config", "--json", cwd=folder).envelope["data"]["$defs"].keys())
    assert ask("run", *words, "sink.parquet.uri=out", "--json", cwd=folder).envelope["data"]["fraud_rows"] == 15
    verified = ask("verify", "out", cwd=folder)
    assert verified.code == 0
    found = [" ".join(line.split()) for line in verified.out.splitlines() if "mine: " in line]
    assert found == ["ok mine: amounts nothing is wrong", "not checked mine: roles the output has no role"]


def test_the_repeat_line_carries_the_folder(folder: Path) -> None:
    repeat = ask("run", *TINY[:3], "scenario=mine_often", "--json", cwd=folder).envelope["data"]["repeat"]
    assert repeat.startswith("synth run --plugins-dir extra ")


def test_a_moody_subscriber_is_told_on_stderr_only(folder: Path) -> None:
    answer = ask("run", *TINY[:3], "scenario=mine_often", "--json", "--quiet", cwd=folder)
    assert (answer.code, answer.envelope["errors"]) == (0, [])
    told = "a subscriber of plugin 'mine' failed in block_done and is told nothing more: ValueError: no metrics today"
    assert answer.err.splitlines() == ["noise at import", told]


@pytest.mark.parametrize("launcher", [[], ["hydra/launcher=joblib"]], ids=["basic", "joblib"])
def test_a_sweep_takes_a_folder_of_plugins(launcher: list[str], folder: Path) -> None:
    words = [*launcher, *TINY[:3], "scenario=[mine_often],[mine],[broken]", "--json"]
    answer = ask("run", "-m", *words, cwd=folder)
    assert answer.code == 4
    often, mine, broken = answer.envelope["data"]["jobs"]
    assert [(job["fraud_rows"], job["error"]) for job in (often, mine)] == [(15, ""), (7, "")]
    assert "no scenario named 'broken'; plugin 'broken' (extra/broken.py) could not be loaded" in broken["error"]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("run --plugins-dir extra scenario=mine_", ["scenario=mine_often"]),
        ("run --plugins-dir extra scenario=[min", ["scenario=[mine", "scenario=[mine_often"]),
        ("run --plugins-dir extra columns=sh", ["columns=short"]),
        ("run --plugins-d", ["--plugins-dir"]),
        ("plugins --plugins-dir extra li", ["list"]),
    ],
)
def test_completion_knows_the_folder(line: str, offered: list[str], folder: Path) -> None:
    assert synth("completion", "query", line, cwd=folder).out.splitlines() == offered


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("validate --plugins-dir nowhere", "there is no folder 'nowhere' to load plugins from"),
        ("validate --plugins-dir .", "folder '.' holds no plugin: "),
        ("validate --plugins-dir .", "; there are some in extra"),
        ("validate --plugin extra", "plugin extra cannot be used: it is a folder without __init__.py"),
        ("validate --plugin extra/broken.py", "plugin extra/broken.py cannot be used: ModuleNotFoundError"),
        ("plugins", "required: ACTION"),
        ("plugins lst", "no action 'lst' (did you mean 'list'?); there are: list"),
        ("plugins list more", "plugins knows no more"),
    ],
)
def test_wrong_usage(line: str, told: str, folder: Path) -> None:
    answer = synth(*line.split(), cwd=folder)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("error: ")
    assert told in answer.err
    assert "Traceback" not in answer.err


def test_flags_before_and_behind_the_command_add_up(folder: Path) -> None:
    (folder / "extra/mine.py").rename(folder / "first.py")
    (folder / "second.py").write_text(MINE.replace('"mine"', '"second"'))
    (folder / "third.py").write_text(MINE.replace('"mine"', '"third"'))
    words = ["--plugin", "first.py", "plugins", "--plugin", "second.py", "list", "--plugin", "third.py", "--json"]
    data = synth(*words, cwd=folder).envelope["data"]
    assert [each["name"] for each in data] == ["synth", "first", "second", "third"]
