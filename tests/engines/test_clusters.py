"""Runs on Spark and on Ray, on real clusters of this machine: ``make engines``, in an environment that holds both."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

import synth
from tests.conftest import require
from tests.engines.clusters import Cluster, missing_java, ray_cluster, spark_cluster
from tests.runners.recipes import PLUGIN, RECIPES, digests, placed
from tests.servers import S3Server
from tests.sinks.places import Prefix

pytest.importorskip("pyspark", reason="pyspark is in .venv-engines: make engines")
pytest.importorskip("ray", reason="ray is in .venv-engines: make engines")

STARTED = {"spark": spark_cluster, "ray": ray_cluster}
LONG = ("generator.transactions=300000", "population.cards=10000", "block_rows=5000")
WORDS = ("--plugin", str(PLUGIN))
PATIENCE_S = 300


@pytest.fixture(scope="module", params=STARTED)
def cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, moto: S3Server
) -> Iterator[Cluster]:
    if request.param == "spark":
        require(missing_java())
    with pytest.MonkeyPatch.context() as patch:
        for name, value in moto.environ().items():
            patch.setenv(name, value)
        start: AbstractContextManager[Cluster] = STARTED[request.param](tmp_path_factory.mktemp("c"), dict(os.environ))
        with start as cluster:
            yield cluster


def finished(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """The exit code, and what was said."""
    text = process.communicate(timeout=2 * PATIENCE_S)[0]
    return process.returncode, text


def wait_for_blocks(driver: "subprocess.Popen[str]", place: Path, number: int) -> int:
    """Waits until so many blocks are done; returns how many are."""
    until = time.monotonic() + PATIENCE_S
    while (done := len(list(place.glob(".synth-*/receipts/*")))) < number:
        assert driver.poll() is None, driver.communicate()
        assert time.monotonic() < until, f"{done} blocks are done"
        time.sleep(0.05)
    return done


@pytest.mark.parametrize("store", ["directory", "bucket"])
@pytest.mark.parametrize("name", RECIPES)
def test_the_files_are_those_of_threads(name, store, cluster, moto, tmp_path):
    places = {way: tmp_path / way for way in ("threads", "cluster")}
    buckets = {way: Prefix(moto, "engines") for way in places} if store == "bucket" else {}
    uris = {way: buckets[way].uri if buckets else str(places[way]) for way in places}
    synth.run(placed(RECIPES[name], uris["threads"]), plugin_files=[PLUGIN])
    words = placed(RECIPES[name], uris["cluster"])
    code, text = finished(cluster.synth("run", *WORDS, *words, *cluster.override, cwd=tmp_path))
    assert code == 0, text
    made = {way: buckets[way].files() if buckets else digests(places[way]) for way in places}
    assert made["cluster"] == made["threads"]
    assert not any(bucket.staging() for bucket in buckets.values())


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What threads write of the long run."""
    place = tmp_path_factory.mktemp("threads")
    synth.run(placed(long_recipe(), place), plugin_files=[PLUGIN])
    return digests(place)


def long_recipe() -> tuple[str, ...]:
    return (*RECIPES["a plugin by file"], *LONG)


def begin(cluster: Cluster, place: Path) -> "subprocess.Popen[str]":
    """A driver of the long run, once some blocks are done."""
    driver = cluster.synth("run", *WORDS, *placed(long_recipe(), place), *cluster.override, cwd=place.parent)
    wait_for_blocks(driver, place / "p", 3)
    return driver


def test_lost_processes_and_a_lost_machine_cost_retries(cluster, tmp_path, wanted):
    place = tmp_path / "cluster"
    driver = begin(cluster, place)
    makers = cluster.block_makers(cluster.worker)
    assert makers
    os.kill(makers[-1], signal.SIGKILL)
    done = wait_for_blocks(driver, place / "p", 10)
    cluster.kill(cluster.worker)
    assert done < 50, "the run was nearly over"
    code, text = finished(driver)
    cluster.start(cluster.worker)
    assert code == 0, text
    assert digests(place) == wanted


def test_a_killed_driver_costs_a_resume(cluster, tmp_path, wanted):
    place = tmp_path / "cluster"
    driver = begin(cluster, place)
    driver.kill()
    driver.communicate()
    assert not list(place.glob("p/*/*.parquet"))
    resume = cluster.synth("run", *WORDS, "--resume", str(place / "p"), *cluster.override, cwd=tmp_path)
    code, text = finished(resume)
    assert code == 0, text
    assert "going on with" in text
    assert digests(place) == wanted


def test_a_cluster_that_is_not_there_is_told_in_one_line(cluster, tmp_path):
    kind, key = cluster.override[0], cluster.override[1].partition("=")[0]
    nowhere = {"runner=spark": "spark://127.0.0.1:9", "runner=ray": "127.0.0.1:9"}[kind]
    words = placed(RECIPES["a plugin by file"], tmp_path / "out")
    code, text = finished(cluster.synth("run", *WORDS, *words, kind, f"{key}={nowhere}", cwd=tmp_path))
    assert code == 3, text
    assert f"cannot be reached at {nowhere}" in text
    assert "Traceback" not in text
    assert not list(tmp_path.glob("out/**/*.parquet*"))


def test_a_place_that_workers_do_not_see_is_refused_before_the_first_block(tmp_path):
    """What a machine with a directory of its own would see: nothing of what the driver has put there."""
    from synth.contracts.shipment import Shipment
    from synth.engine.elsewhere import _Arrival
    from synth.sinks.staging import LocalStaging

    staging = LocalStaging("out", tmp_path, ".synth-1")
    task = Shipment(print, _Arrival({"parquet": ("out", staging, "probes/1")}))
    assert "a worker does not see what the driver has written to out" in str(Shipment.attempt(lambda: task, 0))
