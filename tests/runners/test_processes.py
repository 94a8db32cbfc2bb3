"""Processes make the bytes that threads make, and a lost one costs a retry."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import synth
from synth.contracts.shipment import Shipment
from synth.errors import RefusedError, RunError
from synth.runners.processes import ProcessesConfig, ProcessesRunner
from tests.runners.recipes import PLUGIN, RECIPES, digests, placed
from tests.servers import S3Server
from tests.sinks.places import ROOT, Prefix

TWO = ("runner=processes", "runner.workers=2")


@dataclass(frozen=True)
class Traces:
    """Leaves a file a block, with the process in it; some blocks kill their process."""

    folder: str
    kills: Mapping[int, int]
    refuses: int = -1
    seconds: float = 0.0

    def __call__(self, block: int) -> None:
        path = Path(self.folder) / f"{block}"
        tries = len(path.read_text().split()) if path.exists() else 0
        with path.open("a") as file:
            file.write(f"{os.getpid()}\n")
        if tries < self.kills.get(block, 0):
            os.kill(os.getpid(), signal.SIGKILL)
        if block == self.refuses:
            raise RefusedError("block 3 cannot be made")
        time.sleep(self.seconds)
        (Path(self.folder) / f"{block}.done").touch()


def pids(folder: Path) -> set[int]:
    return {int(pid) for path in folder.iterdir() if path.suffix != ".done" for pid in path.read_text().split()}


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("name", RECIPES)
def test_the_files_are_those_of_threads(name, tmp_path):
    recipe = RECIPES[name]
    synth.run(placed(recipe, tmp_path / "threads"), plugin_files=[PLUGIN])
    synth.run(placed(recipe, tmp_path / "processes"), TWO, plugin_files=[PLUGIN])
    assert digests(tmp_path / "processes") == digests(tmp_path / "threads")


def test_the_objects_in_a_bucket_are_those_of_threads(moto: S3Server, monkeypatch):
    for name, value in moto.environ().items():
        monkeypatch.setenv(name, value)
    recipe = RECIPES["claims, reports and two sinks"]
    places = {kind: Prefix(moto, "processes") for kind in ("threads", "workers")}
    synth.run(placed(recipe, places["threads"].uri))
    synth.run(placed(recipe, places["workers"].uri), TWO)
    assert places["workers"].files() == places["threads"].files()
    assert places["workers"].staging() == []


def test_each_block_is_made_and_no_process_is_left(tmp_path):
    task = Shipment(Traces(str(tmp_path), {}))
    assert sorted(ProcessesRunner(ProcessesConfig(workers=2)).run(task, range(9))) == list(range(9))
    assert not [pid for pid in pids(tmp_path) if is_alive(pid)]


def test_a_killed_process_costs_a_retry(tmp_path):
    task = Shipment(Traces(str(tmp_path), {2: 1, 4: 2}))
    assert sorted(ProcessesRunner(ProcessesConfig(workers=2)).run(task, range(6))) == list(range(6))
    assert {block: len((tmp_path / f"{block}").read_text().split()) for block in range(6)}[4] == 3


def test_a_block_that_always_kills_its_process_ends_the_run(tmp_path):
    task = Shipment(Traces(str(tmp_path), {1: 99}))
    with pytest.raises(RunError, match="the process that made block 1 was ended by SIGKILL, 3 times"):
        list(ProcessesRunner(ProcessesConfig(workers=1)).run(task, range(3)))
    assert not [pid for pid in pids(tmp_path) if is_alive(pid)]


def test_what_refuses_a_block_is_raised_here_and_not_tried_again(tmp_path):
    task = Shipment(Traces(str(tmp_path), {}, refuses=3))
    with pytest.raises(RefusedError, match="block 3 cannot be made"):
        list(ProcessesRunner(ProcessesConfig(workers=1)).run(task, range(6)))
    assert len((tmp_path / "3").read_text().split()) == 1


def test_nothing_runs_once_it_is_closed(tmp_path):
    finished = ProcessesRunner(ProcessesConfig(workers=2)).run(
        Shipment(Traces(str(tmp_path), {}, seconds=0.3)), range(40)
    )
    next(finished)
    finished.close()
    begun = digests(tmp_path)
    assert not [pid for pid in pids(tmp_path) if is_alive(pid)]
    time.sleep(0.5)
    assert digests(tmp_path) == begun


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill"])
def test_a_stopped_run_leaves_no_process_and_is_resumed(number, tmp_path):
    recipe = [*placed(RECIPES["a plugin by file"], tmp_path / "out"), *TWO, "generator.transactions=100000"]
    recipe += ["population.cards=20000", "block_rows=5000"]
    command = [sys.executable, "-m", "synth", "run", "--plugin", str(PLUGIN)]
    with subprocess.Popen([*command, *recipe], cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 120
        while not list((tmp_path / "out").glob("p/.synth-*/receipts/*")) and time.monotonic() < deadline:
            time.sleep(0.02)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.send_signal(number)
        said = process.communicate()[1]
    assert "Traceback" not in said
    deadline = time.monotonic() + 20
    while any(is_alive(int(child)) for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert children
    assert not [child for child in children if is_alive(int(child))]
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert not (tmp_path / "out").exists() or not list((tmp_path / "out").rglob("*.parquet*"))
    else:
        where = str(tmp_path / "out/p")
        resume = [*command, "--resume", where, "runner=processes"]
        done = subprocess.run(resume, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert synth.verify(where, plugin_files=[PLUGIN]).ok


def test_what_keeps_no_blocks_is_refused_with_the_configuration(tmp_path):
    with pytest.raises(synth.ConfigError) as caught:
        synth.run("sink=[csv,jsonl,stdout]", f"sink.csv.uri={tmp_path}/c", f"sink.jsonl.uri={tmp_path}/j", *TWO[:1])
    told = str(caught.value)
    assert (
        "runner=processes cannot serve sink.csv: its workers write alone, and it puts all blocks into one file" in told
    )
    assert "(sink.csv.layout=parts or runner=local)" in told
    assert "sink.stdout: its workers write alone, and a sink of kind stdout keeps no blocks (runner=local)" in told
    assert "sink.jsonl" in told


def test_what_is_made_in_memory_is_made_by_threads():
    recipe = ("scenario=card_chain", "generator.transactions=3000", "block_rows=1000", "population.cards=100")
    assert synth.generate(*recipe, *TWO).equals(synth.generate(*recipe))
