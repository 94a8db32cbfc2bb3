"""How fast events reach Kafka: `synth stream` without a clock beside bare loops of the client over ready bytes.

python -m benchmarks.kafka [--events 2000000]
python -m benchmarks.kafka --pace 1000 10000 50000 [--seconds 60]

The second form keeps a pace, as benchmarks/stream.py does with a file.

Needs Java and Maven; starts a broker of its own on this machine, which takes its part of the cores.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks import stream
from tests.kafka.broker import run_kafka

ROOT = Path(__file__).resolve().parent.parent
HEADERS = [("run", "0123456789abcdef"), ("part", "0")]
COMMIT = 200_000
Messages = list[tuple[bytes, bytes, int]]


def ready_messages(events: int, directory: Path) -> Messages:
    """Value, key and time of each event, as the sink makes them."""
    words = ("scenario=card_chain", f"generator.transactions={events}", "sink=jsonl", f"sink.jsonl.uri={directory}")
    run_synth("run", *words)
    lines = (directory / "transactions.jsonl").read_bytes().splitlines()
    return [(line, json.loads(line)["cc_num"].encode(), 1_640_995_200_000 + i) for i, line in enumerate(lines)]


def run_synth(*words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "synth", words[0], "--json", "--quiet", *words[1:]]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    data: dict[str, Any] = json.loads(done.stdout)["data"]
    return data


def loop(producer: Producer, topic: str, messages: Messages) -> None:
    for value, key, time_ms in messages:
        while True:
            try:
                producer.produce(topic, value, key, timestamp=time_ms)
                break
            except BufferError:
                producer.poll(0.1)


def loop_with_headers(producer: Producer, topic: str, messages: Messages) -> None:
    for i, (value, key, time_ms) in enumerate(messages):
        while True:
            try:
                producer.produce(topic, value, key, timestamp=time_ms, headers=[*HEADERS, ("sequence", b"%d" % i)])
                break
            except BufferError:
                producer.poll(0.1)


def in_batches(producer: Producer, topic: str, messages: Messages) -> None:
    for first in range(0, len(messages), 10_000):
        left: list[dict[str, Any]] = [
            {"value": value, "key": key} for value, key, _ in messages[first : first + 10_000]
        ]
        while left:
            producer.produce_batch(topic, left)
            left = [{"value": m["value"], "key": m["key"]} for m in left if "_error" in m]
            if left:
                producer.poll(0.1)


def time_loop(send: Callable[[Producer, str, Messages], None], address: str, messages: Messages) -> tuple[float, float]:
    """Seconds and seconds of this process's CPU for all messages, in transactions."""
    name = f"bare-{send.__name__}"
    admin = AdminClient({"bootstrap.servers": address})
    [made] = admin.create_topics([NewTopic(name, 4, 1, config={"retention.ms": "-1"})]).values()
    made.result()
    settings = {"bootstrap.servers": address, "transactional.id": name, "linger.ms": 20}
    producer = Producer({**settings, "enable.idempotence": True, "acks": "all", "partitioner": "murmur2_random"})
    producer.init_transactions(60)
    begun, cpu = time.perf_counter(), time.process_time()
    for first in range(0, len(messages), COMMIT):
        producer.begin_transaction()
        send(producer, name, messages[first : first + COMMIT])
        producer.commit_transaction(60)
    return time.perf_counter() - begun, time.process_time() - cpu


def measure(events: int, address: str, directory: Path) -> Iterator[tuple[str, float, float]]:
    """What, seconds, seconds of CPU."""
    messages = ready_messages(events, directory)
    for told, send in (
        ("client alone: `produce`, no headers", loop),
        ("client alone: `produce`, headers", loop_with_headers),
        ("client alone: `produce_batch`, no headers, no times", in_batches),
    ):
        yield told, *time_loop(send, address, messages)
    del messages
    for name in ("json", "avro", "protobuf"):
        words = ("scenario=card_chain", f"generator.transactions={events}", f"sink.kafka.format={name}")
        before = os.times()
        place = (f"sink.kafka.servers={address}", f"sink.kafka.topic={name}")
        seconds = float(run_synth("stream", *words, "sink=kafka", *place)["seconds"])
        after = os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        yield f"`synth stream sink=kafka`, {name}, whole process", seconds, cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--pace", nargs="*", type=int, default=[])
    parser.add_argument("--seconds", type=int, default=60)
    args = parser.parse_args()
    os.environ["PYTHONPATH"] = str(ROOT)
    with run_kafka() as broker, tempfile.TemporaryDirectory() as name:
        if args.pace:
            keep_pace(args.pace, args.seconds, broker.address)
            return
        print("| what | seconds | cpu s | events/s |\n| --- | --- | --- | --- |")
        for what, seconds, cpu in measure(args.events, broker.address, Path(name)):
            print(f"| {what} | {seconds:.1f} | {cpu:.1f} | {args.events / seconds:,.0f} |", flush=True)


def keep_pace(rates: list[int], seconds: int, address: str) -> None:
    print(stream.HEAD)
    for rate in rates:
        place = [f"sink.kafka.servers={address}", f"sink.kafka.topic=pace{rate}"]
        sink = ["sink=kafka", *place]
        print(stream.measure(rate, seconds, sink), flush=True)


if __name__ == "__main__":
    main()
