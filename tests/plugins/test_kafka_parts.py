"""A stream into Kafka that several processes send together."""

import json
import re
import signal
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import pytest

import synth
from tests.cli import commands
from tests.kafka.broker import Broker
from tests.kafka.consumer import Seen, consume, values, wait_for_messages
from tests.kafka.streams import SMALL, cli, into, start
from tests.outputs import table_file

pytestmark = pytest.mark.server

ROWS = 20_000
RECIPE = (*SMALL, f"generator.transactions={ROWS}")
PARTS = 3
SIDE = "sink.kafka.side_topics=[labels,episodes]"


def part(number: int, of: int = PARTS) -> tuple[str, ...]:
    return ("--parts", str(of), "--part", str(number))


def batch_lines(place: Path, table: str = "transactions") -> list[bytes]:
    if not place.exists():
        synth.run(*RECIPE, "sink=jsonl", f"sink.jsonl.uri={place}")
    return table_file(place, table).read_bytes().splitlines()


def card(line: bytes | None) -> str:
    return str(json.loads(line or b"")["cc_num"])


def require_whole(seen: Iterable[Seen], lines: list[bytes]) -> None:
    """Each number of each part is there once; each part has the batch's rows of its cards, in the batch's order."""
    by_part: dict[str, list[Seen]] = {}
    for message in seen:
        by_part.setdefault(message.headers["part"], []).append(message)
    assert sorted(by_part) == [str(number) for number in range(PARTS)]
    cards = [set(map(card, values(sent, rows=len(sent)))) for sent in by_part.values()]
    assert not cards[0] & cards[1] | cards[0] & cards[2] | cards[1] & cards[2]
    for sent, own in zip(by_part.values(), cards, strict=True):
        assert values(sent, rows=len(sent)) == [line for line in lines if card(line) in own]
    assert sum(map(len, by_part.values())) == len(lines)


def test_parts_that_are_killed_and_go_on_are_the_run_once(kafka: Broker, tmp_path: Path) -> None:
    words = (*RECIPE, *into(kafka.address, "parts"), SIDE)
    slowly = ("clock=rate", "clock.rate.segments=[{events_per_s: 3000}]")
    with ExitStack() as started:
        processes = [
            started.enter_context(start(*words, *slowly, *part(number), cwd=tmp_path)) for number in range(PARTS)
        ]
        wait_for_messages(kafka.address, "parts", 4000)
        processes[1].kill()
        processes[2].send_signal(signal.SIGINT)
        commands.finish(processes[1])
        stopped = commands.finish(processes[2])
        assert stopped.code == 130, stopped.err
        way_on = re.findall(r"goes on with: (synth stream .*)", stopped.err)[0]
        assert "--parts 3 --part 2 --resume" in way_on
        for number in (1, 2):
            answer = cli("stream", *words, *part(number), "--resume", cwd=tmp_path)
            assert answer.code == 0, answer.err
        first = commands.finish(processes[0], seconds=120)
        assert first.code == 0, first.err
    seen = consume(kafka.address, "parts")
    require_whole(seen, batch_lines(tmp_path / "batch"))
    assert len({message.headers["run"] for message in seen}) == 1
    for table in ("labels", "episodes"):
        lines = batch_lines(tmp_path / "batch", table)
        assert values(consume(kafka.address, f"parts.{table}"), rows=len(lines)) == lines
    answer = cli("stream", *words, *part(1), "--resume", cwd=tmp_path)
    told = "the stream in topic 'parts' is complete in part 1: there is nothing to resume"
    assert (answer.code, answer.one_line()) == (3, f"error: {told}")


def test_a_topic_holds_one_stream_in_one_number_of_parts(kafka: Broker, tmp_path: Path) -> None:
    words = (*RECIPE, *into(kafka.address, "others"))
    assert cli("stream", *words, *part(1), cwd=tmp_path).code == 0
    before = len(consume(kafka.address, "others"))
    for more, told in (
        (part(0, of=2), "holds the stream of another recipe, or in other parts: it cannot go on here"),
        ((), "holds the stream of another recipe, or in other parts: it cannot go on here"),
        ((*part(0), "seed=8"), "holds the stream of another recipe, or in other parts: it cannot go on here"),
        (part(1), "holds a stream already in part 1: it is complete, or empty the topic with --overwrite in part 0"),
        ((*part(1), "--overwrite"), "only part 0 may empty the place: start it first, and this part without"),
    ):
        answer = cli("stream", *words, *more, cwd=tmp_path)
        assert answer.code == 3, answer.err
        assert told in answer.err
    assert len(consume(kafka.address, "others")) == before


def test_part_0_empties_the_topic_and_shuts_the_other_parts_out(kafka: Broker, tmp_path: Path) -> None:
    words = (*RECIPE, *into(kafka.address, "emptied"))
    slowly = ("clock=rate", "clock.rate.segments=[{events_per_s: 1500}]")
    with start(*words, *slowly, *part(1), cwd=tmp_path) as old:
        wait_for_messages(kafka.address, "emptied", 600)
        answer = cli("stream", *words, *part(0), "--overwrite", cwd=tmp_path)
        assert answer.code == 0, answer.err
        shut_out = commands.finish(old)
    assert shut_out.code == 4, shut_out.err
    assert "another producer writes this part of topic 'emptied' now" in shut_out.err
    for number in (1, 2):
        assert cli("stream", *words, *part(number), cwd=tmp_path).code == 0
    require_whole(consume(kafka.address, "emptied"), batch_lines(tmp_path / "batch"))
