"""One run each on the Spark and the Ray of this machine alone, in ``make test``; clusters are in ``make engines``."""

import os
import subprocess
import sys

import pytest

import synth
from tests.conftest import require
from tests.engines.clusters import missing_java
from tests.runners.recipes import PLUGIN, RECIPES, digests, placed

pytest.importorskip("pyspark", reason="pyspark is in .venv-engines: make engines")
pytest.importorskip("ray", reason="ray is in .venv-engines: make engines")

#: What drivers and workers are told of this machine.
ENVIRON = {
    "SPARK_LOCAL_IP": "127.0.0.1",
    "PYSPARK_PYTHON": sys.executable,
    "PYSPARK_SUBMIT_ARGS": "--master local[2] --conf spark.ui.enabled=false pyspark-shell",
    "RAY_USAGE_STATS_ENABLED": "0",
}


@pytest.mark.parametrize("kind", ["spark", "ray"])
def test_the_files_are_those_of_threads(kind, tmp_path):
    if kind == "spark":
        require(missing_java())
    recipe = RECIPES["a plugin by file"]
    synth.run(placed(recipe, tmp_path / "threads"), plugin_files=[PLUGIN])
    command = [sys.executable, "-m", "synth", "run", "--plugin", str(PLUGIN), f"runner={kind}"]
    command += placed(recipe, tmp_path / "elsewhere")
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | ENVIRON, capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stderr
    assert digests(tmp_path / "elsewhere") == digests(tmp_path / "threads")
