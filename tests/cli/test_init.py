"""A project begun by ``synth init`` runs at once: every command of its README, and its tests."""

import ast
import json
import shlex
import sys
from importlib import metadata
from pathlib import Path

import pytest
import yaml

from synth.cli.scaffold import TEMPLATES
from tests.cli.commands import run_process, synth, tree
from tests.cli.test_schema import told
from tests.readme_commands import read_commands

#: Commands of the READMEs that are not run here: synth is installed already, and a package would be, too.
_INSTALLING = "pip "


@pytest.fixture(params=list(TEMPLATES))
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    answer = synth("init", "my_bank", "--template", request.param, cwd=tmp_path)
    assert answer.code == 0, answer.err
    assert answer.out.split("\n\n")[1].startswith("cd my_bank\n")
    assert set(answer.out.split("\n\n")[0].splitlines()) <= {
        f"my_bank/{path}" for path in tree(tmp_path / "my_bank")
    } | {"my_bank/.vscode/"}
    return tmp_path / "my_bank"


def test_every_command_of_its_readme_works(project: Path) -> None:
    commands, _ = read_commands((project / "README.md").read_text(encoding="utf-8"))
    package = ["--plugin", "."] if (project / "pyproject.toml").exists() else []
    for command in (command.text for command in commands):
        program, *words = shlex.split(command)
        if program == "synth":
            answer = synth(*package, *words, cwd=project)
            assert answer.code == 0, f"{command}: {answer.err}"
        elif program == "python":
            answer = run_process([sys.executable, *words], cwd=project)
            assert answer.code == 0, f"{command}: {answer.err}"
            worth = ast.literal_eval(answer.out)
            assert 0 < worth["recall"] < worth["precision"] <= 1
        else:
            assert program == "pytest" or command.startswith(_INSTALLING)


@pytest.mark.parametrize("project", ["plugin"], indirect=True)
def test_a_package_runs_before_it_is_installed(project: Path) -> None:
    assert synth("run", "--plugin", ".", "experiment=my_bank", cwd=project).code == 0
    assert synth("verify", "--plugin", ".", "out", cwd=project).code == 0


@pytest.mark.parametrize("project", ["fraud", "stream"], indirect=True)
def test_its_own_test_holds(project: Path) -> None:
    answer = run_process([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"], cwd=project)
    assert answer.code == 0, answer.out


def test_an_editor_takes_its_files(project: Path) -> None:
    files = list(project.glob("conf/*/*.yaml"))
    assert files
    for path in files:
        assert told(path.parent.name, yaml.safe_load(path.read_text(encoding="utf-8"))) == ""
    assert "my_project" not in "".join(
        path.read_text(encoding="utf-8") for path in project.rglob("*") if path.is_file()
    )


@pytest.mark.parametrize(
    ("name", "told"), [("My Bank", "cannot name"), ("json", "something else"), ("there", "is there already")]
)
def test_what_cannot_be_a_project_is_refused(name: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    before = tree(tmp_path)
    answer = synth("init", name, cwd=tmp_path)
    assert answer.code in (2, 3)
    assert told in answer.err
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("source", "first"),
    [
        (None, "# No package index has synth yet"),
        ({"url": "file:///somewhere", "dir_info": {"editable": True}}, "# No package index has synth yet"),
        (
            {"url": "https://host/synth.git", "vcs_info": {"vcs": "git", "commit_id": "ab12"}},
            "synth-fraud @ git+https://host/synth.git@ab12",
        ),
        (
            {"url": "file:///clone", "vcs_info": {"vcs": "git", "commit_id": "ab12"}},
            "# No package index has synth yet",
        ),
    ],
)
def test_other_machines_are_told_where_synth_comes_from(
    source: dict[str, object] | None, first: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what pip has written down of the installation (direct_url.json)."""

    if source is not None:
        (tmp_path / "direct_url.json").write_text(json.dumps(source))
    found = metadata.PathDistribution(tmp_path)
    monkeypatch.setattr(metadata, "distribution", lambda _name: found)
    assert synth("init", "my_bank", "--template", "plugin", cwd=tmp_path).code == 0
    assert (tmp_path / "my_bank/requirements.txt").read_text().startswith(first)
