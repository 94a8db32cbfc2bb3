"""Who watches a run is told in order, and can disturb nothing."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal
from unittest.mock import Mock

import pytest

import synth
from synth.contracts.run_events import BlockDone, RunEnded, RunStarted, StreamProgress, Subscriber
from synth.contracts.sink import Sink
from synth.engine.announcer import Announcer
from synth.engine.commit import abort
from synth.errors import PartlyDone, RefusedError, RunError
from tests.config.catalog.plugins import write
from tests.failing_sink import FAILING

TINY = ("generator.transactions=3000", "block_rows=1000", "population.cards=500", "scenario=card_chain")

#: A plugin that writes down what it is told, a file a run.
DIARY = """
import dataclasses, json, os, tempfile
import synth

class Diary:
    def __init__(self):
        handle, self.path = tempfile.mkstemp(suffix=".jsonl", dir="PLACE")
        os.close(handle)
    def note(self, event):
        with open(self.path, "a") as file:
            file.write(json.dumps({"event": type(event).__name__, **dataclasses.asdict(event)}) + "\\n")
    run_started = block_done = run_ended = note

@synth.hookimpl
def synth_subscribers():
    return [Diary]
"""

#: Adds to the diary's end what is left in a folder then.
LOOKING = """
def run_ended(self, event):
    self.note(event)
    with open(self.path, "a") as file:
        file.write(" ".join(os.listdir("PLACE")) + "\\n")

Diary.run_ended = run_ended
"""


class Recorder:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[RunStarted | BlockDone | RunEnded] = []

    def run_started(self, event: RunStarted) -> None:
        self.events.append(event)

    def block_done(self, event: BlockDone) -> None:
        self.events.append(event)

    def run_ended(self, event: RunEnded) -> None:
        self.events.append(event)


class Moody(Recorder):
    """Raises when it is told about one of the events."""

    def __init__(self, when: str, error: BaseException) -> None:
        super().__init__()
        self.when, self.error = when, error

    def __getattribute__(self, name: str) -> Any:
        if name == object.__getattribute__(self, "__dict__").get("when"):
            raise self.error
        return object.__getattribute__(self, name)


def started(rows: int = 30) -> RunStarted:
    return RunStarted(fingerprint="f", rows=rows, fraud_rows=3, blocks=2, sinks={"csv": "out"})


def announce(*subscribers: Subscriber, error: BaseException | None = None) -> None:
    """A run of two blocks, which may fail."""
    factories: list[tuple[str, Callable[[], Subscriber]]] = [("mine", lambda each=each: each) for each in subscribers]  # type: ignore[misc]
    announcer = Announcer(factories, started=0.0)
    with announcer.announcing_end():
        announcer.start(started())
        announcer.block(10, 1)
        announcer.block(20, 2)
        if error:
            raise error


def names(recorder: Recorder) -> list[str]:
    return [type(event).__name__ for event in recorder.events]


ALL = ["RunStarted", "BlockDone", "BlockDone", "RunEnded"]


def test_everybody_is_told_in_order() -> None:
    recorders = Recorder(), Recorder()
    announce(*recorders)
    assert [names(recorder) for recorder in recorders] == [ALL, ALL]
    blocks = [event for event in recorders[0].events if isinstance(event, BlockDone)]
    assert [(event.block, event.rows, event.fraud_rows) for event in blocks] == [(0, 10, 1), (1, 20, 2)]
    assert blocks[0].seconds <= blocks[1].seconds


@pytest.mark.parametrize(
    ("error", "outcome", "rows"),
    [
        (None, "done", 30),
        (RunError("no space left on s3://me:hunter2@bucket"), "failed", 0),
        (ZeroDivisionError("two\nlines"), "failed", 0),
        (KeyboardInterrupt(), "interrupted", 0),
        (PartlyDone("one of two"), "partly done", 30),
    ],
)
def test_the_end_is_told_with_its_outcome(
    error: BaseException | None, outcome: Literal["done", "failed"], rows: int
) -> None:
    recorder = Recorder()
    if error:
        with pytest.raises(type(error)) as raised:
            announce(recorder, error=error)
        assert raised.value is error
    else:
        announce(recorder)
    end = recorder.events[-1]
    assert isinstance(end, RunEnded)
    assert (end.outcome, end.rows, bool(end.error)) == (outcome, rows, error is not None)
    assert "\n" not in end.error
    assert "hunter2" not in end.error


def test_a_run_that_never_started_has_no_end() -> None:
    recorder = Recorder()
    announcer = Announcer([("mine", lambda: recorder)], started=0.0)
    with pytest.raises(RefusedError), announcer.announcing_end():
        raise RefusedError("the place is taken")
    assert recorder.events == []


@pytest.mark.parametrize("error", [ValueError("password=hunter2"), SystemExit(3)], ids=["error", "exit"])
@pytest.mark.parametrize("when", ["run_started", "block_done", "run_ended"])
def test_who_fails_is_reported_once_and_dropped(
    when: str, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    before, moody, after = Recorder(), Moody(when, error), Recorder()
    announce(before, moody, after)
    assert names(before) == names(after) == ALL
    assert len(moody.events) == {"run_started": 0, "block_done": 1, "run_ended": 3}[when]
    [record] = caplog.records
    assert (record.name, record.levelno) == ("synth.engine.announcer", logging.WARNING)
    told = f"a subscriber of plugin 'mine' failed in {when} and is told nothing more: {type(error).__name__}"
    assert record.getMessage().startswith(told)
    assert "hunter2" not in record.getMessage()


def test_who_cannot_be_made_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> Subscriber:
        raise OSError("no socket")

    announcer = Announcer([("mine", fail)], started=0.0)
    announcer.start(started())
    assert caplog.messages == [
        "a subscriber of plugin 'mine' cannot be made and is told nothing more: OSError: no socket"
    ]


def test_an_interrupt_stops_the_run_until_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    recorder = Recorder()
    with pytest.raises(KeyboardInterrupt):
        announce(recorder, Moody("block_done", KeyboardInterrupt()))
    assert isinstance(recorder.events[-1], RunEnded)
    assert recorder.events[-1].outcome == "interrupted"
    announce(Moody("run_ended", KeyboardInterrupt()))
    assert caplog.messages == ["interrupted while the subscribers were told how the run ended: done"]


def test_what_a_subscriber_prints_is_no_answer(capsys: pytest.CaptureFixture[str]) -> None:
    class Loud(Recorder):
        def run_started(self, event: RunStarted) -> None:
            print("loud")

    announce(Loud())
    assert capsys.readouterr() == ("", "loud\n")


class Listener(Recorder):
    """Wants to know how streams go, too."""

    def __init__(self) -> None:
        super().__init__()
        self.progress: list[StreamProgress] = []

    def stream_progress(self, event: StreamProgress) -> None:
        self.progress.append(event)


PROGRESS = StreamProgress(
    events=7, fraud_rows=1, skipped=0, in_flight=2, failed=0, lag_counts=(), lag_sum_s=0.0, seconds=0.5
)


def test_who_does_not_ask_how_a_stream_goes_is_told_the_rest(caplog: pytest.LogCaptureFixture) -> None:
    silent, listener, after = Recorder(), Listener(), Recorder()
    announcer = Announcer([("mine", lambda each=each: each) for each in (silent, listener, after)], started=0.0)  # type: ignore[misc]
    with announcer.announcing_end():
        announcer.start(started())
        announcer.progress(PROGRESS)
        announcer.block(10, 1)
    assert listener.progress == [PROGRESS]
    assert names(silent) == names(listener) == names(after) == ["RunStarted", "BlockDone", "RunEnded"]
    assert caplog.records == []


def test_who_fails_when_told_how_a_stream_goes_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Listener):
        def stream_progress(self, event: StreamProgress) -> None:
            raise AttributeError("nothing of that name")

    failing = Failing()
    announcer = Announcer([("mine", lambda: failing)], started=0.0)
    with announcer.announcing_end():
        announcer.start(started())
        announcer.progress(PROGRESS)
        announcer.progress(PROGRESS)
    assert names(failing) == ["RunStarted"]
    assert caplog.messages == [
        "a subscriber of plugin 'mine' failed in stream_progress and is told nothing more: "
        "AttributeError: nothing of that name"
    ]


# whole runs


def write_diary(folder: Path, more: str = "") -> Path:
    (folder / "diaries").mkdir(exist_ok=True)
    return write(folder / "diary.py", DIARY.replace("PLACE", str(folder / "diaries")) + more)


def read_diaries(folder: Path) -> list[list[dict[str, Any]]]:
    return [[json.loads(line) for line in path.read_text().splitlines()] for path in (folder / "diaries").iterdir()]


def test_a_run_tells_what_it_makes_and_knows_nothing_of_it(tmp_path: Path) -> None:
    plugin = write_diary(tmp_path)
    watched, alone = f"sink.parquet.uri={tmp_path}/watched", f"sink.parquet.uri={tmp_path}/alone"
    result = synth.run(*TINY, watched, plugin_files=[plugin])
    [[start, *blocks, end]] = read_diaries(tmp_path)
    assert start["fingerprint"] == result.manifests["parquet"]["fingerprint"]
    assert (start["rows"], start["fraud_rows"], start["blocks"]) == (3000, 7, 3)
    assert start["sinks"] == {"parquet": f"{tmp_path}/watched"}
    assert [block["block"] for block in blocks] == [0, 1, 2]
    assert [block["rows"] for block in blocks] == result.manifests["parquet"]["tables"]["transactions"]["block_rows"]
    assert sum(block["fraud_rows"] for block in blocks) == 7
    assert (end["event"], end["outcome"], end["rows"], end["error"]) == ("RunEnded", "done", 3000, "")
    assert blocks[0]["seconds"] <= blocks[2]["seconds"] <= end["seconds"] <= result.seconds
    synth.run(*TINY, alone)
    assert (tmp_path / "watched/_manifest.json").read_bytes() == (tmp_path / "alone/_manifest.json").read_bytes()


def test_each_run_has_a_subscriber_of_its_own(tmp_path: Path) -> None:
    plugin = write_diary(tmp_path)
    for name in "ab":
        synth.run(*TINY, f"sink.parquet.uri={tmp_path}/{name}", plugin_files=[plugin])
    synth.generate(*TINY, plugin_files=[plugin])
    assert [len(events) for events in read_diaries(tmp_path)] == [5, 5]


def test_a_refused_run_tells_nobody(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(RefusedError):
        synth.run(*TINY, f"sink.parquet.uri={tmp_path}/taken/run", plugin_files=[write_diary(tmp_path)])
    assert read_diaries(tmp_path) == []


@pytest.mark.parametrize(
    ("sinks", "outcome", "rows", "left"),
    [("[failing]", "failed", 0, []), ("[csv,failing]", "partly done", 3000, ["csv"])],
)
def test_the_end_is_told_after_everything_was_taken_back(
    sinks: str, outcome: str, rows: int, left: list[str], tmp_path: Path
) -> None:
    plugin = write_diary(tmp_path, FAILING + LOOKING.replace("PLACE", f"{tmp_path}/out"))
    (tmp_path / "out").mkdir()
    places = [f"sink.{name}.uri={tmp_path}/out/{name}" for name in sinks.strip("[]").split(",")]
    with pytest.raises(RunError if rows == 0 else PartlyDone):
        synth.run(*TINY, f"sink={sinks}", *places, plugin_files=[plugin])
    [path] = (tmp_path / "diaries").iterdir()
    *_, end, found = path.read_text().splitlines()
    assert (json.loads(end)["outcome"], json.loads(end)["rows"]) == (outcome, rows)
    assert "is full" in json.loads(end)["error"]
    assert "hunter2" not in end
    assert found.split() == left


def test_a_sink_that_cannot_take_back_is_told_and_the_others_are_taken_back(caplog: pytest.LogCaptureFixture) -> None:
    stuck, other = Mock(spec=Sink), Mock(spec=Sink)
    stuck.abort.side_effect = OSError("the disk is gone")
    abort({"stuck": stuck, "other": other})
    other.abort.assert_called_once_with()
    assert caplog.messages == ["sink 'stuck' could not take everything back: the disk is gone"]
