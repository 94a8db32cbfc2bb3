"""A plugin whose libraries are missing is listed, says what it needs when it is used, and hurts nobody else."""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from synth.config.catalog import load_catalog
from synth.config.catalog.bundled import bundled_roots
from synth.libraries import PACKAGE, requirements
from tests.cli.commands import TINY, environ, synth

MODULE = """
from dataclasses import dataclass
from typing import Literal
import synth

@dataclass(frozen=True, kw_only=True)
class DeepConfig:
    '''A place deep down.'''
    kind: Literal["deep"] = "deep"

def make(config, job):
    import no_such_library

def look(*arguments):
    import no_such_library

@synth.hookimpl
def synth_sinks():
    return [synth.SinkSpec(DeepConfig, make, schemes=("deep",), opens=look, reads=look)]

class Watcher:
    def run_started(self, event):
        import no_such_library
    def block_done(self, event): ...
    def run_ended(self, event): ...

@synth.hookimpl
def synth_subscribers():
    return [Watcher]
"""

METADATA = """Metadata-Version: 2.1
Name: tiny-deep
Version: 1.2
Requires-Dist: numpy
Provides-Extra: water
Requires-Dist: numpy>=2; extra == "water"
Requires-Dist: no-such-library[fast]>=3; extra == "water"
Requires-Dist: nor-this-one; extra == "water"
Requires-Dist: not-asked-for; extra == "other"
"""

NEEDS = "needs no-such-library and nor-this-one, which are not installed"
CURE = "pip install 'no-such-library[fast]>=3' 'nor-this-one'"


@pytest.fixture
def deep(tmp_path: Path) -> dict[str, str]:
    """An environment in which a sink is installed, and its libraries are not."""
    info = tmp_path / "site" / "tiny_deep-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(METADATA)
    (info / "entry_points.txt").write_text("[synth]\ndeep = tiny_deep [water]\n")
    (info.parent / "tiny_deep.py").write_text(MODULE)
    return {"PYTHONPATH": f"{environ()['PYTHONPATH']}{os.pathsep}{info.parent}"}


def test_a_recipe_that_uses_it_gets_one_error_with_the_cure(deep: dict[str, str], tmp_path: Path) -> None:
    for command in ("validate", "plan", "run", "stream"):
        answer = synth(command, *TINY, "sink=[parquet,deep]", cwd=tmp_path, env=deep)
        assert answer.code == 2
        assert f"sink=deep {NEEDS}" in " ".join(answer.err.split())
        assert CURE in " ".join(answer.err.split())
        assert answer.err.count("no-such-library") == 2
    answer = synth("verify", "deep://water", cwd=tmp_path, env=deep)
    assert (answer.code, answer.one_line()) == (2, f"error: sink=deep {NEEDS}; {CURE}")


def test_every_list_says_that_it_sleeps(deep: dict[str, str], tmp_path: Path) -> None:
    listed = synth("list", "sink", cwd=tmp_path, env=deep)
    assert listed.row("sink=deep").startswith(f"A place deep down. (asleep: {NEEDS})")
    assert "asleep" not in listed.row("sink=csv")
    listed = synth("plugins", "list", cwd=tmp_path, env=deep)
    assert listed.row("deep").split()[-5:] == ["entry", "point", "of", "tiny-deep", "asleep"]
    assert f"deep: {NEEDS}; {CURE}" in listed.out
    looked = synth("doctor", cwd=tmp_path, env=deep)
    assert looked.code == 0
    [line] = [line for line in looked.out.splitlines() if "plugin deep" in line]
    assert line.split(maxsplit=3)[3] == f"asleep: {NEEDS} (entry point of tiny-deep); {CURE}"
    assert f"asleep: {NEEDS}" in synth("describe", "deep", cwd=tmp_path, env=deep).out
    assert synth("completion", "query", "run sink=de", cwd=tmp_path, env=deep).out.split() == [
        "sink=deep",
        "sink=delta",
    ]


def test_it_hurts_no_recipe_that_does_without_it(deep: dict[str, str], tmp_path: Path) -> None:
    answer = synth("run", *TINY, "sink.parquet.uri=out", cwd=tmp_path, env=deep)
    assert answer.code == 0
    told = " ".join(answer.err.split())
    assert f"a subscriber of plugin 'deep ({NEEDS})' failed in run_started and is told nothing more" in told
    alone = synth("run", *TINY, "sink.parquet.uri=alone", cwd=tmp_path)
    assert alone.row("digest") == answer.row("digest")


def test_an_older_library_is_told_with_its_version(deep: dict[str, str], tmp_path: Path) -> None:
    [info] = (tmp_path / "site").glob("*.dist-info")
    text = METADATA.replace("no-such-library[fast]>=3", "pytest>=1000").replace("nor-this-one", "numpy")
    (info / "METADATA").write_text(text)
    version = metadata.version("pytest")
    answer = synth("validate", "sink=deep", cwd=tmp_path, env=deep)
    assert f"sink=deep needs pytest>=1000, and {version} is installed" in " ".join(answer.err.split())
    assert "pip install 'pytest>=1000'" in answer.err


OWN = [point for point in metadata.entry_points(group="synth") if point.dist and point.dist.name == PACKAGE]


def test_the_plugins_of_the_wheel_name_extras_with_libraries() -> None:
    assert {point.name for point in OWN} == {"kafka", "lakehouse", "prometheus", "ray", "spark", "sql"}
    for point in OWN:
        assert point.dist
        assert point.extras == [point.name]
        assert list(requirements(point.dist, point.extras))


def test_listing_loads_no_library_of_an_extra(tmp_path: Path) -> None:
    package = metadata.distribution(PACKAGE)
    names = {needed.name for point in OWN for needed in requirements(package, point.extras)}
    homes = metadata.packages_distributions()
    named = {name.lower().replace("_", "-") for name in names}
    heavy = {top for top, packages in homes.items() if named & {p.lower().replace("_", "-") for p in packages}} - {
        "google"
    }
    assert {"confluent_kafka", "duckdb", "psycopg", "deltalake", "pyiceberg", "prometheus_client"} <= heavy
    for words in (
        ["list"],
        ["plugins", "list"],
        ["validate"],
        ["completion", "query", "run sink="],
        ["describe", "kafka"],
    ):
        code = f"import sys; sys.argv[1:] = {words}\nfrom synth.__main__ import main\nmain()\nprint(*sys.modules)"
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert not heavy & set(done.stdout.splitlines()[-1].split())


def test_completion_knows_the_choices_of_the_wheels_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNTH_PLUGINS", raising=False)
    assert bundled_roots() == load_catalog().config_roots
    monkeypatch.setenv("SYNTH_DISABLE_PLUGINS", "sql")
    assert bundled_roots() == load_catalog().config_roots


def test_a_plugin_of_the_wheel_is_not_loaded_twice(tmp_path: Path) -> None:
    folder = Path(__file__).resolve().parents[2] / "plugins"
    answer = synth("validate", "--plugin", str(folder / "synth_sql"), cwd=tmp_path)
    assert answer.code == 2
    assert f"package '{PACKAGE}' is installed, and plugin 'sql' is loaded from there already" in answer.one_line()
    errors = {each.name: each.error for each in load_catalog(plugins_dirs=[folder]).providers}
    assert all(f"plugin {point.name!r} is loaded from there already" in errors[point.module] for point in OWN)
    assert [errors[name] for name in ("sqlite", "velocity")] == ["", ""]
    answer = synth("validate", "--plugins-dir", str(folder), "sink=[duckdb,sqlite]", cwd=tmp_path)
    assert answer.code == 0, answer.err
