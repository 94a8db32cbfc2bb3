"""Exactly once: producers and a broker killed, connections cut: each event is in the topic once.

SYNTH_KAFKA_FULL=1 does it at full size: a million events, ten producers killed.
"""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from synth.check.verify import verify
from synth.config.catalog import load_catalog
from tests.cli import commands
from tests.faults.proxy import standing
from tests.kafka.broker import Broker
from tests.kafka.consumer import consume, values, wait_for_messages
from tests.kafka.streams import cli, into, start
from tests.outputs import table_file

pytestmark = [pytest.mark.server, pytest.mark.slow]

FULL = os.environ.get("SYNTH_KAFKA_FULL") == "1"
EVENTS, KILLS, RATE = (1_000_000, 10, 25_000) if FULL else (120_000, 3, 10_000)
CUTS = 30 if FULL else 4
RECIPE = ("scenario=card_chain", f"generator.transactions={EVENTS}", f"block_rows={EVENTS // 10}")
CUT_RECIPE = ("scenario=card_chain", f"generator.transactions={EVENTS // 2}", f"block_rows={EVENTS // 20}")
PACED = ("clock=rate", f"clock.rate.segments=[{{events_per_s: {RATE}}}]")


@pytest.mark.timeout(900)
def test_every_event_is_there_once_whatever_is_killed(kafka: Broker, tmp_path: Path) -> None:
    words = (*RECIPE, *into(kafka.address, "killed"), "sink.kafka.side_topics=[labels]")
    rng = np.random.default_rng(7)
    for kill in range(KILLS):
        before = wait_for_messages(kafka.address, "killed", 0) if kill else 0
        with start(*words, *PACED, *(["--resume"] if kill else []), cwd=tmp_path) as process:
            time.sleep(float(rng.uniform(1.5, 5.0)))
            if kill == KILLS // 2:
                wait_for_messages(kafka.address, "killed", before + 2000)
                kafka.kill()
                kafka.start()
            assert process.poll() is None, process.communicate()
            process.kill()
            process.communicate()
    answer = cli("stream", *words, "--resume", cwd=tmp_path)
    assert answer.code == 0, answer.err
    require_once(kafka, "killed", RECIPE, tmp_path)


@pytest.mark.timeout(900)
def test_every_event_is_there_once_whatever_is_cut(kafka: Broker, tmp_path: Path) -> None:
    """Connections that are cut are made again; where nobody answers any more the stream ends in words, and goes on."""
    words = (*CUT_RECIPE, "sink.kafka.side_topics=[labels]")
    through = (*words, *into(kafka.proxy_address, "cut"), *PACED, "sink.kafka.timeout_s=15")
    rng = np.random.default_rng(8)
    behind = standing(kafka.ports["proxy"], kafka.ports["behind"])
    with behind as proxy, start(*through, cwd=tmp_path) as process:
        wait_for_messages(kafka.address, "cut", 2000)
        cuts = 0
        while cuts < CUTS and process.poll() is None:  # it may just be calling again
            time.sleep(float(rng.uniform(0.2, 0.8)))
            cuts += proxy.cut() > 0
        assert process.poll() is None, process.communicate()
        proxy.broken.set()
        proxy.cut()
        answer = commands.finish(process, 300)
    assert answer.code in (1, 4), answer.err
    assert "Traceback" not in answer.err
    assert "internal error" not in answer.err
    answer = cli("stream", *words, *into(kafka.address, "cut"), "--resume", cwd=tmp_path)
    assert answer.code == 0, answer.err
    require_once(kafka, "cut", CUT_RECIPE, tmp_path)


def require_once(kafka: Broker, topic: str, recipe: tuple[str, ...], tmp_path: Path) -> None:
    """Puts what is in a topic in place of the files of a run, which it has to be."""
    assert commands.synth("run", *recipe, "sink=jsonl", "sink.jsonl.uri=batch", cwd=tmp_path).code == 0
    batch = tmp_path / "batch"
    for name, table in ((topic, "transactions"), (f"{topic}.labels", "labels")):
        file = table_file(batch, table)
        rows = file.read_bytes().count(b"\n")
        seen = consume(kafka.address, name)
        assert len({(message.headers["run"], message.headers["part"]) for message in seen}) == 1
        file.write_bytes(b"".join(value + b"\n" for value in values(seen, rows=rows)))
    report = verify(str(batch), catalog=load_catalog([]))
    assert [check.name for check in report.failed] == []
    assert any(check.name == "digest of transactions" for check in report.checks)
