"""``synth doctor`` and the preflight in ``synth plan``: how a machine and the places of a recipe are."""

import platform
import subprocess
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

import synth as package
from synth import libraries
from synth.config.catalog import extras
from synth.libraries import PACKAGE
from tests.cli.commands import CANARY, TINY, Answer, synth, synth_process, tree

BROKEN = "import synth\n@synth.hookimpl\ndef synth_sinks():\n    return 1 / 0\n"


def findings(answer: Answer) -> dict[str, dict[str, Any]]:
    """What a doctor found, by what it looked at."""
    return {found["what"]: found for found in answer.envelope["data"]["findings"]}


@pytest.fixture
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte, mounted with the options that a test gives."""
    point = tmp_path / "disk"
    point.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size=1m,{request.param}", "tmpfs", str(point)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a tmpfs cannot be mounted here: {done.stderr.strip()}")
    yield point
    subprocess.run(["umount", str(point)], check=True)


def test_every_extra_of_the_package_is_shown_as_a_plugin_or_by_itself(tmp_path: Path) -> None:
    found = findings(synth("doctor", "--json", cwd=tmp_path))
    offered = metadata.distribution(PACKAGE).metadata.get_all("Provides-Extra") or []
    shown = {extra for extra in offered if {f"plugin {extra}", f"extra {extra}"} & {*found}}
    assert shown == {*offered} - {"all"}
    assert {"report", "kafka", "spark"} <= shown
    assert "altair" in found["extra report"]["message"]
    recipe = findings(synth("doctor", "--json", *TINY, cwd=tmp_path))
    assert "extra report" in recipe


def test_an_extra_whose_libraries_are_missing_says_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = libraries.installed_version
    gone = {"altair": ""}
    monkeypatch.setattr(extras, "installed_version", lambda name: gone.get(name, there(name)))
    found = findings(synth("doctor", "--json", cwd=tmp_path))["extra report"]
    assert found["message"] == "asleep: needs altair, which is not installed"
    assert found["hint"].startswith("pip install 'altair")


def test_a_healthy_machine(tmp_path: Path) -> None:
    answer = synth("doctor", "--json", cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    found = findings(answer)
    assert {each["state"] for each in found.values()} == {"ok"}
    assert found["python"]["message"].startswith(platform.python_version())
    assert found["synth"]["message"] == package.__version__
    assert {"numpy", "pandas", "pyarrow", "hydra-core", "pydantic", "cores", "memory"} < set(found)
    assert "pytest" not in found
    assert "recipe" not in found
    assert str(tmp_path) in found["working directory"]["message"]
    assert tree(tmp_path) == {}


def test_the_table_is_aligned_and_quiet_says_nothing(tmp_path: Path) -> None:
    lines = synth("doctor", cwd=tmp_path).out.splitlines()
    assert len({line.index(line.split("  ")[1].strip()[:1], 2) for line in lines if "ok" in line[:4]}) == 1
    answer = synth("doctor", "--quiet", cwd=tmp_path)
    assert (answer.code, answer.out, answer.err) == (0, "", "")


def test_a_package_out_of_range_is_told_before_anything_is_imported_that_needs_it(tmp_path: Path) -> None:
    folder = tmp_path / "old/numpy-1.26.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 1.26.0\n")
    path = f"{tmp_path / 'old'}:{package.__path__[0]}/.."
    answer = synth_process("doctor", cwd=tmp_path, env={"PYTHONPATH": path})
    assert answer.code == 3
    assert "failure  numpy" in answer.out
    assert "1.26.0, and synth needs <3,>=2.1; pip install 'numpy<3,>=2.1'" in answer.out
    assert answer.one_line().endswith("findings are failures: numpy")


def test_a_broken_plugin_is_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins/broken.py").write_text(BROKEN)
    answer = synth("doctor", "--plugins-dir", "plugins", cwd=tmp_path)
    assert answer.code == 3
    [line] = [line for line in answer.out.splitlines() if line.startswith("failure")]
    assert "plugin broken" in line
    assert "ZeroDivisionError" in line
    assert answer.one_line().endswith("are failures: plugin broken")
    answer = synth("doctor", "--plugins-dir", "plugins", "--json", cwd=tmp_path)
    assert answer.envelope["errors"][0]["message"].endswith("plugin broken")
    assert findings(answer)["plugin broken"]["state"] == "failure"
    assert synth("doctor", "--plugin", "plugins/broken.py", cwd=tmp_path).code == 2


@pytest.mark.parametrize("disk", ["ro"], indirect=True)
def test_a_working_directory_that_cannot_be_written(disk: Path, tmp_path: Path) -> None:
    answer = synth("doctor", "--json", cwd=disk)
    assert answer.code == 3
    assert findings(answer)["working directory"] == {
        "what": "working directory",
        "state": "failure",
        "message": f"{disk} cannot be written: Read-only file system",
        "hint": "choose another one",
    }
    place = f"sink.parquet.uri={tmp_path}/out"
    answer = synth("doctor", *TINY, place, "--json", cwd=disk)
    assert answer.code == 0
    assert findings(answer)["working directory"]["state"] == "warning"
    answer = synth("doctor", *TINY, "--json", cwd=disk)
    assert answer.code == 3
    assert "is not writable" in findings(answer)["sink parquet, place"]["message"]


@pytest.mark.parametrize("disk", ["rw"], indirect=True)
def test_sinks_on_one_disk_share_its_room(disk: Path, tmp_path: Path) -> None:
    words = ("generator.transactions=8000", "population.cards=500", f"sink.csv.uri={disk}/a")
    answer = synth("doctor", "sink=csv", *words, "--json", cwd=tmp_path)
    assert answer.code == 0
    assert findings(answer)["sink csv, room"]["state"] == "ok"
    answer = synth("doctor", "sink=[csv,jsonl]", *words, f"sink.jsonl.uri={disk}/b", "--json", cwd=tmp_path)
    assert answer.code == 3
    found = findings(answer)
    assert found["sink csv, room"]["state"] == "ok"
    assert found["sink jsonl, room"]["state"] == "failure"
    assert found["sink jsonl, room"]["hint"] == "make room, or choose another uri"
    assert tree(disk) == {}


def test_a_recipe_that_cannot_be_carried_out_and_one_that_is_wrong(tmp_path: Path) -> None:
    words = ("scenario=card_chain", "generator.transactions=20000", "population.cards=2", "timeline.end=2022-01-02")
    answer = synth("doctor", *words, "block_rows=200", "scenario.card_chain.ratio=0.5", "--json", cwd=tmp_path)
    assert answer.code == 3
    assert "longer than the window" in findings(answer)["recipe"]["message"]
    answer = synth("doctor", "seed=x", "block_rows=0", "--json", cwd=tmp_path)
    assert answer.code == 2
    assert [error["path"] for error in answer.envelope["errors"]] == ["seed", "block_rows"]


def test_a_plan_tells_of_the_places_and_is_no_worse_for_them(tmp_path: Path) -> None:
    assert synth("run", *TINY, "sink.parquet.uri=out", cwd=tmp_path).code == 0
    answer = synth("plan", *TINY, "sink=[csv,parquet]", "sink.parquet.uri=out", cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    lines = answer.out.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("sink parquet"))
    assert lines[at - 1].split() == ["ok", "place:", "can", "be", "written"]
    assert "failure" in lines[at + 1]
    assert "out already holds a run (_manifest.json): --overwrite replaces it" in lines[at + 1]
    data = synth("plan", *TINY, "sink.parquet.uri=out", "--json", cwd=tmp_path).envelope["data"]
    [found] = data["sinks"]["parquet"]["findings"]
    assert (found["what"], found["state"]) == ("place", "failure")


def test_a_place_out_of_reach_shows_no_secret(tmp_path: Path) -> None:
    env = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "me",
        "AWS_SECRET_ACCESS_KEY": CANARY,
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    answer = synth("doctor", *TINY, "sink.parquet.uri=s3://bucket/raw", "--json", cwd=tmp_path, env=env)
    assert answer.code == 3
    assert findings(answer)["sink parquet, place"]["state"] == "failure"
    assert "sink parquet, room" not in findings(answer)
    assert CANARY not in answer.out + answer.err
