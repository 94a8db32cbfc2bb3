"""Processes beside whatever else a run can be: a sweep, parts, in another Hydra project, by its application."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runners.recipes import PLUGIN, RECIPES, digests, placed
from tests.sinks.places import ROOT

RECIPE = RECIPES["a plugin by file"]
SYNTH = ("-m", "synth")
RUN = ("run", "--plugin", str(PLUGIN))
RUNNERS = {"threads": ("runner=local",), "processes": ("runner=processes", "runner.workers=2")}


def python(*words: str, cwd: Path) -> str:
    """What a process prints that has to succeed."""
    done = subprocess.run([sys.executable, *words], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def sweep(*launcher: str) -> Callable[[Path, tuple[str, ...]], None]:
    """Two jobs below one place."""

    def make(folder: Path, runner: tuple[str, ...]) -> None:
        python(*SYNTH, *RUN, "-m", *launcher, *placed(RECIPE, folder / "out"), *runner, "seed=1,2", cwd=folder)
        shutil.rmtree(folder / "sweeps", ignore_errors=True)  # their table says how long they took
        assert len(list((folder / "out").rglob("_manifest.json"))) == 2

    return make


def in_parts(folder: Path, runner: tuple[str, ...]) -> None:
    """Each part makes its blocks on the runner; a commit puts them together."""
    words = placed(RECIPE, folder / "out")
    for part in ("2", "0", "1"):
        python(*SYNTH, *RUN, "--parts", "3", "--part", part, *words, *runner, cwd=folder)
    python(*SYNTH, "commit", "--plugin", str(PLUGIN), str(folder / "out" / "p"), cwd=folder)


def beside_a_host(folder: Path, runner: tuple[str, ...]) -> None:
    """In the directory of another Hydra project, which has a conf/config.yaml."""
    host = shutil.copytree(ROOT / "tests" / "host", folder / "host")
    python(*SYNTH, *RUN, *placed(RECIPE, folder / "out"), *runner, cwd=host)
    shutil.rmtree(host)


def by_an_application(folder: Path, runner: tuple[str, ...]) -> None:
    """A script without a main guard, which Hydra starts and which calls synth."""
    host = shutil.copytree(ROOT / "tests" / "host", folder / "host")
    app = (host / "app.py").read_text().replace('if __name__ == "__main__":\n    main()', "main()")
    (host / "app.py").write_text(app)
    words = (f"synth/runner={runner[0].partition('=')[2]}", f"out={folder}/out", "synth.sink.csv.layout=parts")
    python("app.py", "--config-name=stored", *words, "hydra.run.dir=log", "synth.block_rows=100", cwd=host)
    shutil.rmtree(host)


WAYS = {
    "a sweep": sweep(),
    "a sweep of joblib": sweep("hydra/launcher=joblib"),
    "parts": in_parts,
    "beside a host": beside_a_host,
    "by an application": by_an_application,
}


@pytest.mark.parametrize("way", WAYS)
def test_the_files_are_those_of_threads(way: str, tmp_path: Path) -> None:
    for name, runner in RUNNERS.items():
        (tmp_path / name).mkdir()
        WAYS[way](tmp_path / name, runner)
    made = {name: digests(tmp_path / name / "out") for name in RUNNERS}
    assert len(made["threads"]) > 3
    assert made["processes"] == made["threads"]
    assert not [path for name in RUNNERS for path in (tmp_path / name).iterdir() if path.name != "out"]
