"""Streams as a user starts them: real processes, killed, interrupted and slowed down."""

import fcntl
import json
import os
import re
import select
import shlex
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path

import numpy as np
import pytest

from synth.config.recipe import load_recipe
from synth.engine.run import execute
from synth.errors import InterruptedRun
from tests.cli.commands import (
    TINY,
    Answer,
    Process,
    command,
    contents,
    environ,
    finish,
    start,
    synth,
    wait_for_bytes,
    wait_until,
)
from tests.outputs import read_manifest, table_bytes, write_manifest

#: A stream of 45,000 events in blocks of 7,500, with fraud, side tables and a table that comes once.
LONG = (
    *("generator.transactions=45000", "block_rows=7500", "population.cards=500", "population.profile=faker"),
    *("scenario=card_chain", "scenario.card_chain.ratio=0.01"),
)
FILE = ("sink=jsonl_stream", "sink.jsonl_stream.uri=out")
RATE = "clock.rate.segments.0.events_per_s"


def digest_of(answer: Answer) -> str:
    assert answer.code == 0, answer.err
    return answer.row("digest")


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Digest and folder of the run that the streams have to equal."""
    folder = tmp_path_factory.mktemp("batch")
    return digest_of(synth("run", *LONG, "sink=jsonl", "sink.jsonl.uri=out", cwd=folder)), folder / "out"


def require_batch(folder: Path, batch: tuple[str, Path]) -> None:
    """The tables are those of the run, byte for byte, and nothing else is there."""
    names = [*read_manifest(batch[1])["tables"]]
    files = {f"{name}/part-00000.jsonl" for name in names}
    assert set(contents(folder / "out")) == {*files, "_manifest.json", "README.md"}
    for name in names:
        assert table_bytes(folder / "out", name) == table_bytes(batch[1], name), name


def test_a_stream_is_the_run(batch: tuple[str, Path], tmp_path: Path) -> None:
    assert digest_of(synth("stream", *LONG, *FILE, cwd=tmp_path)) == batch[0]
    require_batch(tmp_path, batch)
    verified = synth("verify", "out", cwd=tmp_path)
    assert (verified.code, verified.err) == (0, "")
    told = read_manifest(tmp_path / "out")["stream"]
    assert (told["events"], told["fraud"], told["skipped"]) == (45_000, 450, 0)


def test_a_run_into_a_sink_of_streams_is_the_run(batch: tuple[str, Path], tmp_path: Path) -> None:
    assert digest_of(synth("run", *LONG, *FILE, cwd=tmp_path)) == batch[0]
    require_batch(tmp_path, batch)


def test_an_interrupted_run_says_what_a_sink_of_streams_keeps(batch: tuple[str, Path], tmp_path: Path) -> None:
    def interrupt(rows: int, total: int, doing: str) -> None:
        if rows:
            raise KeyboardInterrupt

    recipe, catalog, _ = load_recipe([*LONG, "sink=jsonl_stream", f"sink.jsonl_stream.uri={tmp_path}/out"])
    kept = "interrupted: what 'jsonl_stream' had taken stays there; synth stream --resume goes on"
    with pytest.raises(InterruptedRun, match=kept):
        execute(recipe, catalog, started=time.perf_counter(), progress=interrupt)
    assert digest_of(synth("stream", *LONG, *FILE, "--resume", cwd=tmp_path)) == batch[0]
    require_batch(tmp_path, batch)


@pytest.mark.slow
def test_killed_again_and_again_a_stream_loses_and_repeats_nothing(batch: tuple[str, Path], tmp_path: Path) -> None:
    """The moments come from a keyed generator; they fall into the start, between marks, and while marking."""
    rng = np.random.default_rng(20)
    words = ["stream", *LONG, *FILE, "clock=rate", f"{RATE}=15000", "--resume"]
    for _ in range(6):
        with start(*words, cwd=tmp_path) as process:
            before = size_of(tmp_path / "out/transactions/part-00000.jsonl")
            wait_for_bytes(tmp_path, "transactions/part-00000.jsonl", before + int(rng.integers(1, 750_000)), process)
            time.sleep(float(rng.random()) / 20)
            process.kill()
            assert finish(process).code == -signal.SIGKILL
        assert "_manifest.json" not in contents(tmp_path / "out")
    answer = synth(*words, cwd=tmp_path)
    assert digest_of(answer) == batch[0]
    require_batch(tmp_path, batch)


def size_of(path: Path) -> int:
    """Bytes of the file up to its checkpoint: what lies behind it is cut off."""
    kept = path.parent / "_checkpoint.json"
    return int(json.loads(kept.read_text()).get("bytes", {}).get("transactions", 0)) if kept.exists() else 0


def block_of(checkpoint: Path) -> int:
    """The first block that a checkpoint does not hold whole."""
    kept = json.loads(checkpoint.read_text()) if checkpoint.exists() else {}
    return int(kept.get("checkpoint", {}).get("block", 0))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_stream_says_how_it_goes_on(
    batch: tuple[str, Path], tmp_path: Path, number: signal.Signals
) -> None:
    with start("stream", *LONG, *FILE, "clock=rate", f"{RATE}=5000", cwd=tmp_path) as process:
        wait_for_bytes(tmp_path, "transactions/part-00000.jsonl", 300_000, process)
        process.send_signal(number)
        answer = finish(process)
    assert answer.code == 130
    line = answer.err.splitlines()[-1]
    assert "Traceback" not in answer.err
    assert line.startswith("error: interrupted after ")
    state = json.loads((tmp_path / "out/_checkpoint.json").read_text())
    lines = (tmp_path / "out/transactions/part-00000.jsonl").read_bytes().count(b"\n")
    assert state["checkpoint"]["events"] == lines > 0, "everything that was sent is marked"
    said = shlex.split(line.partition("goes on with: ")[2])
    assert said[:3] == ["synth", "stream", "--resume"]
    again = [word for word in said[1:] if not word.startswith(("clock", RATE))]
    assert digest_of(synth(*again, cwd=tmp_path)) == batch[0]
    require_batch(tmp_path, batch)


def test_another_clock_may_go_on_and_another_recipe_may_not(batch: tuple[str, Path], tmp_path: Path) -> None:
    with start("stream", *LONG, *FILE, "clock=poisson", f"{RATE}=5000", cwd=tmp_path) as process:
        wait_for_bytes(tmp_path, "transactions/part-00000.jsonl", 100_000, process)
        process.send_signal(signal.SIGINT)
        assert finish(process).code == 130
    before = contents(tmp_path)
    for changed in (["seed=5"], ["noise=network"], ["clock=rebased"]):
        refused = synth("stream", "--resume", *LONG, *FILE, *changed, cwd=tmp_path)
        assert (refused.code, refused.one_line()[:35]) == (3, "error: out holds another stream: it")
        assert contents(tmp_path) == before
    refused = synth("stream", *LONG, *FILE, cwd=tmp_path)
    assert refused.code == 3
    assert "--resume goes on with it" in refused.one_line()
    ramp = ["clock=ramp", "clock.rate.segments.0.for_s=1", "clock.rate.segments.0.to_events_per_s=100000"]
    assert digest_of(synth("stream", "--resume", *LONG, *FILE, *ramp, cwd=tmp_path)) == batch[0]
    require_batch(tmp_path, batch)
    done = synth("stream", "--resume", *LONG, *FILE, cwd=tmp_path)
    assert (done.code, done.one_line()) == (
        3,
        "error: out holds a stream or run that is complete: nothing is left to go on with",
    )
    assert digest_of(synth("stream", "--overwrite", *TINY, *FILE, cwd=tmp_path)) != batch[0]
    assert set(contents(tmp_path / "out")) >= {"transactions/part-00000.jsonl", "_manifest.json"}


def test_two_streams_do_not_share_a_place(tmp_path: Path) -> None:
    with start("stream", *LONG, *FILE, "clock=rate", cwd=tmp_path) as process:
        wait_for_bytes(tmp_path, "transactions/part-00000.jsonl", 10_000, process)
        refused = synth("stream", "--resume", *LONG, *FILE, cwd=tmp_path)
        assert refused.code == 3
        assert "another run is writing to out" in refused.one_line()
        process.send_signal(signal.SIGINT)
        assert finish(process).code == 130


def test_a_file_that_lost_rows_is_not_gone_on_with(tmp_path: Path) -> None:
    with start("stream", *LONG, *FILE, "clock=rate", cwd=tmp_path) as process:
        wait_for_bytes(tmp_path, "transactions/part-00000.jsonl", 100_000, process)
        process.send_signal(signal.SIGINT)
        assert finish(process).code == 130
    os.truncate(tmp_path / "out/transactions/part-00000.jsonl", 1000)
    refused = synth("stream", "--resume", *LONG, *FILE, cwd=tmp_path)
    assert (refused.code, refused.one_line()) == (
        3,
        "error: out/transactions/part-00000.jsonl is shorter than its checkpoint says: rows were lost",
    )


# the standard output, and readers that are slow


def test_the_standard_output_holds_the_transactions_and_nothing_else(batch: tuple[str, Path], tmp_path: Path) -> None:
    answer = synth("stream", *LONG, "sink=stdout", cwd=tmp_path)
    assert answer.code == 0
    assert answer.out.encode() == table_bytes(batch[1], "transactions")
    assert f"digest   {batch[0]}" in answer.err
    assert contents(tmp_path) == {}
    ran = synth("run", *TINY, "sink=stdout", cwd=tmp_path)
    assert ran.out == synth("stream", *TINY, "sink=stdout", cwd=tmp_path).out


def slowly_read(*words: str, cwd: Path) -> Answer:
    """The standard output of a stream whose reader takes nothing for a while, and then everything."""
    process = subprocess.Popen(
        command("stream", *LONG, "sink=stdout", "clock=rate", f"{RATE}=22500", *words),
        cwd=cwd,
        env=environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    select.select([process.stdout], [], [], 60)
    time.sleep(1.5)
    return finish(process)


def test_a_slow_reader_holds_a_blocking_stream_up(batch: tuple[str, Path], tmp_path: Path) -> None:
    answer = slowly_read(cwd=tmp_path)
    assert answer.code == 0
    assert answer.out.encode() == table_bytes(batch[1], "transactions")
    assert "skipped" not in answer.err


def test_what_a_slow_reader_misses_is_counted(batch: tuple[str, Path], tmp_path: Path) -> None:
    answer = slowly_read("clock.overload={policy: skip, after_s: 0.1}", cwd=tmp_path)
    assert answer.code == 0
    [told] = [line.split() for line in answer.err.splitlines() if line.startswith("skipped")]
    skipped = int(told[1].replace(",", ""))
    lines = answer.out.splitlines()
    assert skipped > 5_000
    assert len(lines) + skipped == 45_000
    whole = iter(table_bytes(batch[1], "transactions").decode().splitlines())
    assert all(line in whole for line in lines), "what is sent stays in order"


def test_what_was_skipped_is_missing_and_verify_says_so(tmp_path: Path) -> None:
    words = ["clock=rate", f"{RATE}=10000000", "clock.overload={policy: skip, after_s: 0.01}"]
    sent = synth("stream", "--json", *LONG, *FILE, *words, cwd=tmp_path).envelope["data"]
    assert sent["skipped"] > 0
    answer = synth("verify", "out", cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    told = {tuple(re.split(" {2,}", line)[:2]): line for line in answer.out.splitlines()}
    assert f"{sent['skipped']:,} transactions were skipped" in told["not checked", "digest of the run"]
    assert told["ok", "rows sent"].endswith(f" {sent['events']:,} rows were sent")
    manifest = read_manifest(tmp_path / "out")
    manifest["stream"]["events"] += 1
    write_manifest(tmp_path / "out", manifest)
    assert "rows sent" in synth("verify", "out", cwd=tmp_path).one_line()


def test_a_stream_may_fail_when_its_reader_is_slow(tmp_path: Path) -> None:
    answer = slowly_read("clock.overload={policy: fail, after_s: 0.1}", cwd=tmp_path)
    assert answer.code == 1
    assert "more than clock.overload.after_s=0.1 allows" in answer.err.splitlines()[-1]
    assert 0 < len(answer.out.splitlines()) < 45_000


def test_a_reader_that_leaves_ends_the_stream(tmp_path: Path) -> None:
    with start("stream", *LONG, "sink=stdout", cwd=tmp_path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(60) == 1
        assert process.stderr is not None
        assert process.stderr.read() == ""


def unread_in(process: Process) -> int:
    """Bytes that wait in the pipe of a process; Linux gives it room for 65,536."""
    assert process.stdout is not None
    return int(struct.unpack("i", fcntl.ioctl(process.stdout, termios.FIONREAD, b"1234"))[0])


def test_a_stream_that_nobody_reads_can_be_interrupted(tmp_path: Path) -> None:
    """The write into the full pipe is given up some seconds after the first Ctrl-C, at once after the second."""
    with start("stream", *LONG, "sink=stdout", cwd=tmp_path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        wait_until(lambda: unread_in(process) > 60_000, process)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130


# what is told


def test_the_live_line_and_the_answer(tmp_path: Path) -> None:
    words = ["stream", "--json", *LONG, *FILE, "clock=rate", f"{RATE}=6000"]
    answer = synth(*words, cwd=tmp_path)
    data = answer.envelope["data"]
    assert (data["events"], data["fraud"], data["skipped"], data["place"]) == (45_000, 450, 0, "out")
    assert 0 <= data["lag_s"]["p50"] <= data["lag_s"]["p99"] <= data["lag_s"]["max"]
    live = answer.err.splitlines()
    assert live
    assert all(" events, " in line and " a second, lag p50 " in line and " in flight, " in line for line in live)
    quiet = synth("stream", "--quiet", *TINY, *FILE, "--overwrite", cwd=tmp_path)
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["sink=parquet"], "sink 'parquet' takes whole runs, and cannot take a stream"),
        (["sink=[stdout,jsonl_stream]"], "a stream goes to one sink"),
        (["sink=stdout", "--resume"], "sink 'stdout' remembers nothing that could go on"),
        (["sink=jsonl_stream", "--resume"], "--resume needs to know where the stream is"),
        (["sink=stdout", "clock=backfill_live", "clock.live_from=2023-01-01"], "'2023-01-01' lies outside the window"),
        (["sink=stdout", "--json"], "--json answers on the standard output, and a sink writes its rows there"),
    ],
)
def test_what_cannot_stream_is_refused(words: list[str], told: str, tmp_path: Path) -> None:
    answer = synth("stream", *TINY, *words, cwd=tmp_path)
    assert answer.code == 2
    assert told in answer.err
    assert "Traceback" not in answer.err
    assert contents(tmp_path) == {}


def test_a_run_has_no_clock_and_no_noise(tmp_path: Path) -> None:
    answer = synth("run", *TINY, "clock=realtime", "noise=network", cwd=tmp_path)
    assert answer.code == 2
    assert answer.err.splitlines() == [
        "error: clock is for a stream, and a run sends nothing on its way (synth stream)",
        "error: noise is for a stream, and a run sends nothing on its way (synth stream)",
    ]
    assert contents(tmp_path) == {}


# clocks that touch the data


def test_rebased_times_are_shifted_by_whole_seconds_and_told(tmp_path: Path) -> None:
    """A window of three seconds that is now; the shift stands in the manifest."""
    short = ["timeline.start=2022-01-01", "timeline.end=2022-01-01T00:00:03", "generator.transactions=300", "seed=4"]
    began = time.time_ns() // 1000
    assert synth("run", *short, "sink=jsonl", "sink.jsonl.uri=plain", cwd=tmp_path).code == 0
    format_us = "columns.fields=[{name: t, source: time, format: epoch_us}, {name: card, source: card_id}]"
    for name, clock in (("plain2", "batch"), ("now", "rebased")):
        sink = ["sink=jsonl_stream", f"sink.jsonl_stream.uri={name}"]
        assert synth("stream", *short, format_us, *sink, f"clock={clock}", cwd=tmp_path).code == 0
    plain, now = (
        [json.loads(line) for line in table_bytes(tmp_path / name, "transactions").decode().splitlines()]
        for name in ("plain2", "now")
    )
    manifest = read_manifest(tmp_path / "now")
    shift = manifest["stream"]["shift_us"]
    assert shift % 1_000_000 == 0
    assert {(b["t"] - a["t"], b["card"] == a["card"]) for a, b in zip(plain, now, strict=True)} == {(shift, True)}
    assert began - 1_000_000 <= now[0]["t"] - (plain[0]["t"] - 1_640_995_200_000_000) <= time.time_ns() // 1000
    same = read_manifest(tmp_path / "plain2")
    assert (manifest["digest"], manifest["fingerprint"]) == (same["digest"], same["fingerprint"])
    assert synth("verify", "now", cwd=tmp_path).code == 0
    manifest["stream"]["shift_us"] += 1_000_000
    write_manifest(tmp_path / "now", manifest)
    assert "digest of transactions" in synth("verify", "now", cwd=tmp_path).one_line()


def test_history_comes_at_once_and_is_not_late(tmp_path: Path) -> None:
    words = ["clock=backfill_live", "clock.live_from=2022-05-31T23:59:59", "clock.overload={policy: fail, after_s: 5}"]
    answer = synth("stream", "--json", *LONG, *FILE, *words, cwd=tmp_path)
    assert answer.envelope["data"]["events"] == 45_000


def test_noise_comes_with_its_key(batch: tuple[str, Path], tmp_path: Path) -> None:
    noise = ["noise=network", "noise.drops.share=0.01", "clock=rate", f"{RATE}=20000"]
    with start("stream", *LONG, *FILE, *noise, cwd=tmp_path) as process:
        wait_for_bytes(tmp_path, "transactions/part-00000.jsonl", 2_000_000, process)
        process.kill()
        finish(process)
    assert synth("stream", "--resume", *LONG, *FILE, *noise, cwd=tmp_path).code == 0
    out = tmp_path / "out"
    sent = [json.loads(line)["tid"] for line in table_bytes(out, "transactions").decode().splitlines()]
    made = [json.loads(line)["tid"] for line in table_bytes(batch[1], "transactions").decode().splitlines()]
    key = [json.loads(line) for line in table_bytes(out, "noise").decode().splitlines()]
    dropped = {row["tid"] for row in key if row["kind"] == "drop"}
    twice = [row["tid"] for row in key if row["kind"] == "duplicate"]
    assert dropped
    assert sorted(sent) == sorted([*(tid for tid in made if tid not in dropped), *twice])
    assert table_bytes(out, "labels") == table_bytes(batch[1], "labels")
    assert table_bytes(out, "episodes") == table_bytes(batch[1], "episodes")


def test_what_only_the_end_knows_comes_at_the_end_of_a_stream_that_went_on(tmp_path: Path) -> None:
    """Claimed rows and reports: the start that ends the stream has not made the blocks that it needs for them."""
    words = ["experiment=handbook_fixed", "timeline.end=2018-04-11", "block_rows=8000", "reporting=week"]
    digest = digest_of(synth("run", *words, "sink=jsonl", "sink.jsonl.uri=run", cwd=tmp_path))
    stream = ["stream", *words, *FILE, "--resume"]
    with start(*stream, "clock=rate", f"{RATE}=20000", cwd=tmp_path) as process:
        wait_until(lambda: block_of(tmp_path / "out/_checkpoint.json") >= 2, process)
        process.kill()
        finish(process)
    assert digest_of(synth(*stream, cwd=tmp_path)) == digest
    require_batch(tmp_path, (digest, tmp_path / "run"))
    counts = [read_manifest(tmp_path / name)["counts"] for name in ("run", "out")]
    assert counts[0] == counts[1]
