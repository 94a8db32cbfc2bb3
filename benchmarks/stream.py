"""How well `synth stream` keeps its pace: python benchmarks/stream.py [--seconds 60] [--overrides KEY=VALUE...] RATE...

A line a rate: events a second reached, how far that is from the rate, lag, processor time and memory. The memory is
read every second; its growth is from the end of the first quarter to the end. Beside the lag stands that of a loop
that does nothing but sleep until the next of 1,000 moments a second, at the same time: what the machine itself adds.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HEAD = "rate      reached   off      lag p50   lag p99   lag max   sleep p99  cpu    rss     growth"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rates", nargs="+", type=int)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--overrides", nargs="*", default=[])
    args = parser.parse_args()
    print(HEAD)
    for rate in args.rates:
        with tempfile.TemporaryDirectory() as folder:
            sink = ["sink=jsonl_stream", f"sink.jsonl_stream.uri={Path(folder) / 'out'}", *args.overrides]
            print(measure(rate, args.seconds, sink), flush=True)
    return 0


def measure(rate: int, seconds: int, sink: list[str]) -> str:
    """One stream; ``sink`` are the words that choose where it goes."""
    words = ["stream", "--json", "--quiet", "scenario=card_chain", f"generator.transactions={rate * seconds}"]
    words += ["clock=rate", f"clock.rate.segments.0.events_per_s={rate}", *sink]
    process = subprocess.Popen([sys.executable, "-m", "synth", *words], stdout=subprocess.PIPE, text=True)
    rss, cpu, over, sleeps = [], 0.0, threading.Event(), list[float]()
    sleeper = threading.Thread(target=sleep_on, args=(over, sleeps))
    sleeper.start()
    while process.poll() is None:
        try:
            rss.append(resident(process.pid))
            cpu = processor_s(process.pid)
        except (FileNotFoundError, StopIteration, ProcessLookupError):  # it has just ended
            break
        time.sleep(1)
    over.set()
    sleeper.join()
    answer = json.loads(process.communicate()[0])
    data = answer["data"]
    lag = data["lag_s"]
    off = data["events_per_s"] / rate - 1
    growth = max(rss) - max(rss[: max(1, len(rss) // 4)])
    slept = sorted(sleeps)[len(sleeps) * 99 // 100]
    lags = "".join(f"{each * 1e3:6.2f} ms  " for each in (lag["p50"], lag["p99"], lag["max"], slept))
    memory = f"{max(rss):.0f} MB  {growth:+.0f} MB"
    return f"{rate:<8,}  {data['events_per_s']:<8,.0f}  {off:+.3%}  {lags}  {cpu / seconds:5.1%}  {memory}"


def sleep_on(over: threading.Event, lags: list[float]) -> None:
    """Sleeps from moment to moment, and notes how late each one was seen."""
    due = time.monotonic()
    while not over.is_set():
        due += 0.001
        time.sleep(max(0.0, due - time.monotonic()))
        lags.append(time.monotonic() - due)


def resident(pid: int) -> float:
    """Megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1000


def processor_s(pid: int) -> float:
    """Processor seconds so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    raise SystemExit(main())
