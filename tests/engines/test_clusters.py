"""Runs on Spark and on Ray, on real clusters of this machine: ``make engines``, in an environment that holds both."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

import synth
from tests.engines.clusters import Cluster, missing_java, ray_cluster, spark_cluster
from tests.runners.recipes import PLUGIN, RECIPES, digests, placed

pytest.importorskip("pyspark", reason="pyspark is in .venv-engines: make engines")
pytest.importorskip("ray", reason="ray is in .venv-engines: make engines")

STARTED = {"spark": spark_cluster, "ray": ray_cluster}
#: What is seen of a process of each that makes blocks.
MARKS = {"spark": ("pyspark", "daemon"), "ray": ("ray::make_block",)}
LONG = ("generator.transactions=200000", "population.cards=10000", "block_rows=5000")
WORDS = ("--plugin", str(PLUGIN))


@pytest.fixture(scope="module", params=STARTED)
def engine(request: pytest.FixtureRequest) -> str:
    if request.param == "spark" and (missing := missing_java()):
        (pytest.fail if os.environ.get("SYNTH_REQUIRE_SERVERS") == "1" else pytest.skip)(missing)
    return str(request.param)


@pytest.fixture(scope="module")
def cluster(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    start: AbstractContextManager[Cluster] = STARTED[engine](tmp_path_factory.mktemp("c"))
    with start as cluster:
        yield cluster


def finished(process) -> tuple[int, str]:
    text = process.communicate(timeout=600)[0]
    return process.returncode, text


def begun(place: Path) -> None:
    """Waits until a block is done."""
    until = time.monotonic() + 300
    while not list(place.glob(".synth-*/receipts/*")):
        assert time.monotonic() < until, "no block is done"
        time.sleep(0.05)


@pytest.mark.parametrize("name", RECIPES)
def test_the_files_are_those_of_threads(name, cluster, tmp_path):
    synth.run(placed(RECIPES[name], tmp_path / "threads"), plugin_files=[PLUGIN])
    words = placed(RECIPES[name], tmp_path / "cluster")
    code, text = finished(cluster.synth("run", *WORDS, *words, *cluster.override, cwd=tmp_path))
    assert code == 0, text
    assert digests(tmp_path / "cluster") == digests(tmp_path / "threads")


def test_a_killed_worker_costs_a_retry_and_a_killed_driver_a_resume(engine, cluster, tmp_path):
    recipe = (*RECIPES["a plugin by file"], *LONG)
    synth.run(placed(recipe, tmp_path / "threads"), plugin_files=[PLUGIN])
    place = tmp_path / "cluster" / "p"
    words = placed(recipe, tmp_path / "cluster")
    driver = cluster.synth("run", *WORDS, *words, *cluster.override, cwd=tmp_path)
    begun(place)
    workers = cluster.python_workers(*MARKS[engine])
    assert workers
    os.kill(workers[-1], signal.SIGKILL)
    code, text = finished(driver)
    assert code == 0, text
    assert digests(tmp_path / "cluster") == digests(tmp_path / "threads")

    shutil.rmtree(tmp_path / "cluster")
    driver = cluster.synth("run", *WORDS, *words, *cluster.override, cwd=tmp_path)
    begun(place)
    driver.kill()
    driver.communicate()
    assert not list(place.glob("*/*.parquet"))
    resume = cluster.synth("run", *WORDS, "--resume", str(place), *cluster.override, cwd=tmp_path)
    code, text = finished(resume)
    assert code == 0, text
    assert digests(tmp_path / "cluster") == digests(tmp_path / "threads")


def test_a_place_that_workers_do_not_see_is_refused_before_the_first_block(tmp_path):
    """What a machine with a directory of its own would see: nothing of what the driver has put there."""
    from synth.contracts.shipment import Shipment
    from synth.engine.elsewhere import _Arrival
    from synth.sinks.staging import LocalStaging

    staging = LocalStaging("out", tmp_path, ".synth-1")
    task = Shipment(print, _Arrival({"parquet": ("out", staging, "probes/1")}))
    assert "a worker does not see what the driver has written to out" in str(task.attempt(0))
