"""Who watches runs also sees streams, and where one goes on."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from synth.config.recipe import load_recipe
from synth.errors import InterruptedRun
from synth.stream import Progress, stream

WATCHER = """
import dataclasses, json
from pathlib import Path
import synth

class Watcher:
    def note(self, event):
        with open(Path(__file__).with_name("told.jsonl"), "a") as file:
            print(json.dumps([type(event).__name__, dataclasses.asdict(event)]), file=file)
    run_started = block_done = stream_progress = run_ended = note

@synth.hookimpl
def synth_subscribers():
    return [Watcher]
"""
SMALL = ("generator.transactions=12000", "block_rows=3000", "population.cards=300", "sink=jsonl_stream")


def test_an_interrupted_stream_and_the_one_that_goes_on(tmp_path: Path) -> None:
    (tmp_path / "watcher.py").write_text(WATCHER)
    place = f"sink.jsonl_stream.uri={tmp_path / 'out'}"
    paced = ["clock=rate", "clock.rate.segments.0.events_per_s=4000"]
    recipe, catalog, _ = load_recipe([*SMALL, place, *paced], plugin_files=[tmp_path / "watcher.py"])
    lives: list[Progress] = []

    def interrupt(live: Progress) -> None:
        lives.append(live)
        if live.at.block >= 1:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(InterruptedRun, match="interrupted after"):
        stream(recipe, catalog, started=time.perf_counter(), tell=interrupt)
    assert signal.getsignal(signal.SIGINT) is before
    assert [live.at.events for live in lives] == sorted(live.at.events for live in lives)
    told = [json.loads(line) for line in (tmp_path / "told.jsonl").read_text().splitlines()]
    sent = (tmp_path / "out/transactions/part-00000.jsonl").read_bytes().count(b"\n")
    assert told[-1][0] == "RunEnded"
    assert (told[-1][1]["outcome"], told[-1][1]["rows"]) == ("interrupted", sent)
    blocks = [event["block"] for kind, event in told if kind == "BlockDone"]
    assert blocks == list(range(len(blocks)))
    *before_last, last = [event for kind, event in told if kind == "StreamProgress"]
    assert told[-2] == ["StreamProgress", last]
    assert [event["events"] for event in before_last] == [live.at.events for live in lives]
    assert last["events"] == last["lag_counts"][-1][1] == sent
    assert last["lag_counts"][-1][0] == float("inf")
    assert (last["skipped"], last["in_flight"], last["failed"]) == (0, 0, 0)
    (tmp_path / "told.jsonl").unlink()
    recipe, catalog, _ = load_recipe([*SMALL, place], plugin_files=[tmp_path / "watcher.py"])
    result = stream(recipe, catalog, started=time.perf_counter(), resume=True)
    told = [json.loads(line) for line in (tmp_path / "told.jsonl").read_text().splitlines()]
    assert [event["block"] for kind, event in told if kind == "BlockDone"] == list(range(len(blocks), 4))
    assert (told[-1][1]["outcome"], told[-1][1]["rows"]) == ("done", 12_000) == ("done", result.at.events)
    last = told[-2][1]
    assert (last["events"], last["fraud_rows"], last["lag_counts"], last["lag_sum_s"]) == (12_000, 0, [], 0)
