"""``synth plugins check`` and ``synth plugins new``, as an author types them."""

import ast
from pathlib import Path

import pytest

from synth.cli.scaffold import GROUPS, KINDS, write_package
from synth.config.catalog import load_catalog
from tests.cli.commands import synth

EXAMPLES = Path(__file__).resolve().parents[2] / "plugins/examples"


@pytest.mark.parametrize("kind", list(GROUPS))
def test_a_new_file_is_green_at_once(kind: str, tmp_path: Path) -> None:
    made = synth("plugins", "new", "night_shift", "--kind", kind, cwd=tmp_path)
    assert made.code == 0
    assert made.out.splitlines()[0] == "night_shift.py"
    assert [path.name for path in tmp_path.iterdir()] == ["night_shift.py"]
    text = (tmp_path / "night_shift.py").read_text()
    assert "NightShift" in text
    assert "my_" not in text
    assert "My" not in text
    told = synth("plugins", "check", "night_shift.py", cwd=tmp_path)
    assert told.code == 0, told.out
    assert told.out.splitlines()[0] == f"{GROUPS[kind]} night_shift"
    assert told.out.splitlines()[-1].startswith("night_shift.py keeps all ")
    assert "FAILED" not in told.out


@pytest.mark.parametrize("kind", list(GROUPS))
def test_a_new_package_is_whole(kind: str, tmp_path: Path) -> None:
    made = synth("plugins", "new", "night_shift", "--kind", kind, "--package", "--json", cwd=tmp_path)
    assert made.code == 0
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert sorted(made.envelope["data"]) == files
    assert files == sorted(
        f"synth-night-shift/{name}"
        for name in (
            "README.md",
            "pyproject.toml",
            f"synth_night_shift/conf/{GROUPS[kind]}/night_shift_preset.yaml",
            "synth_night_shift/__init__.py",
            "synth_night_shift/py.typed",
            "tests/test_night_shift.py",
        )
    )
    for name in files:
        if name.endswith(".py"):
            ast.parse((tmp_path / name).read_text())
    assert not [text for text in write_package("a_b", kind).values() if "$" in text.replace("$ ", "")]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("card_chain", "scenario kind 'card_chain' exists already, from plugin 'synth'"),
        ("synth", "a plugin named 'synth' exists already"),
        (
            "Gift-Card",
            "'Gift-Card' cannot name a plugin: small letters, digits and _, a letter first, such as gift_card",
        ),
        ("class", "'class' cannot name a plugin"),
        ("../x", "'../x' cannot name a plugin"),
        ("true", "'true' cannot name a plugin"),
        ("null", "'null' cannot name a plugin: it means something else to Python or YAML"),
        ("json", "'json' cannot name a plugin: it means something else to Python or YAML"),
        ("spec", "'spec' cannot name a plugin"),
        ("a" * 300, "cannot name a plugin"),
    ],
)
def test_a_name_that_cannot_be_taken(name: str, told: str, tmp_path: Path) -> None:
    refused = synth("plugins", "new", name, "--kind", "injector", cwd=tmp_path)
    assert refused.code == 2
    assert told in refused.err
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("mine")
    refused = synth("plugins", "new", "mine", "--kind", "amount", cwd=tmp_path)
    assert refused.code == 3
    assert "mine.py is there already" in refused.err
    assert (tmp_path / "mine.py").read_text() == "mine"


def test_a_folder_that_takes_no_file(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir(mode=0o555)
    (tmp_path / "synth-mine").symlink_to(tmp_path / "nowhere" / "deeper")
    refused = synth("plugins", "new", "mine", "--kind", "amount", "--package", cwd=tmp_path)
    assert refused.code == 3
    assert "cannot be written" in refused.err


def test_a_broken_rule_is_told_with_what_was_seen(tmp_path: Path) -> None:
    text = (EXAMPLES / "card_testing.py").read_text().replace('("amount", "channel")', '("channel",)')
    (tmp_path / "hidden.py").write_text(text.replace("card_testing", "hidden"))
    told = synth("plugins", "check", "hidden.py", "--json", cwd=tmp_path)
    assert told.code == 1
    assert "error: hidden.py breaks 2 rules" in told.err
    [component] = told.envelope["data"]
    assert (component["group"], component["kind"]) == ("scenario", "hidden")
    broken = [result["seen"] for result in component["results"] if result["ok"] is False]
    assert len(broken) == 2
    assert all("amount" in seen for seen in broken)
    assert "FAILED" in synth("plugins", "check", "hidden.py", cwd=tmp_path).out


def test_the_recipe_of_a_check_can_be_changed(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text(
        (EXAMPLES / "card_testing.py")
        .read_text()
        .replace("min=3, max=8", "min=50, max=60")
        .replace("card_testing", "long")
    )
    told = synth("plugins", "check", "long.py", cwd=tmp_path)
    assert told.code == 0, told.out
    assert told.out.splitlines()[-1].startswith("long.py keeps all ")
    wrong = synth("plugins", "check", "long.py", "scenario.long.ratio=2", cwd=tmp_path)
    assert wrong.code == 1
    assert "scenario.long.ratio is 2" in wrong.out


def test_a_kind_or_a_plugin_can_be_named(tmp_path: Path) -> None:
    told = synth("plugins", "check", "card_chain", cwd=tmp_path)
    assert told.code == 0
    assert told.out.startswith("scenario card_chain\n")
    folder = synth("plugins", "check", "gift_card_drain", "--plugins-dir", str(EXAMPLES), cwd=tmp_path)
    assert folder.code == 0
    assert folder.out.startswith("scenario gift_card_drain\n")


@pytest.mark.parametrize(
    ("target", "text", "told"),
    [
        ("card_chian", "", "no plugin and no kind is named 'card_chian' (did you mean 'card_chain'?)"),
        ("gone.py", "", "gone.py"),
        ("bad.py", "import nowhere", "plugin bad.py cannot be used: ModuleNotFoundError: No module named 'nowhere'"),
        (
            "idle.py",
            "import synth\n@synth.hookimpl\ndef synth_views():\n    return [synth.View('v', 'd', (('t', 'time'),))]\n",
            "plugin 'idle' has no component that the kit could check",
        ),
    ],
)
def test_what_cannot_be_checked(target: str, text: str, told: str, tmp_path: Path) -> None:
    if text:
        (tmp_path / target).write_text(text)
    refused = synth("plugins", "check", target, cwd=tmp_path)
    assert refused.code == 2
    assert told in refused.err
    assert "Traceback" not in refused.err


def test_completion_knows_what_follows(tmp_path: Path) -> None:
    def query(line: str) -> list[str]:
        return synth("completion", "query", "--", line, cwd=tmp_path).out.split()

    assert query("plugins ") == ["list", "check", "new"]
    assert query("plugins new x --kind ") == list(KINDS)
    assert query("plugins new x --k") == ["--kind"]
    assert "card_chain" in query("plugins check card_")
    assert set(load_catalog().names("sink")) <= set(query("plugins check "))
