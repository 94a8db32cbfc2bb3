"""Measures synth as a user meets it: whole processes, from start to committed output, compared in one run.

    python benchmarks/run.py [--only NAME ...] [--runs N] [--out DIR]

Every comparison alternates its commands, so that a machine that slows down slows all of them; medians are quoted. The
notebook's code and the floor need faker, pandas and duckdb, which the ``test`` extra brings.
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
SYNTH = str(Path(sys.executable).with_name("synth"))
#: Rows that `synth plan` tells of the comparison "people".
PEOPLE_ROWS = (1_762_378, 19_987_067, 9_482_308, 21_336_888)
BILLION, ADD = 10**9, "scenario.card_chain.mode=add"
MAIN = ["scenario=card_chain", "--overwrite", "--quiet"]


@dataclass(frozen=True)
class Sample:
    """One process: wall and processor seconds, peak resident memory in MB."""

    wall: float
    cpu: float
    peak: float


def measure(command: list[str], directory: Path) -> Sample:
    """Runs a command to its end; the kernel counts."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"failed: {' '.join(command)}")
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def compare(commands: dict[str, list[str]], runs: int, directory: Path) -> dict[str, Sample]:
    """Alternates the commands; the median of each figure, after one warm-up round of all but the slow."""
    samples: dict[str, list[Sample]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            if turn == 0 and name == "notebook":
                continue
            sample = measure(command, directory)
            if turn:
                samples[name].append(sample)
    return {
        name: Sample(*(statistics.median(getattr(s, f) for s in taken) for f in ("wall", "cpu", "peak")))
        for name, taken in samples.items()
    }


def show(title: str, medians: dict[str, Sample], rows: dict[str, int]) -> None:
    """A table, and each command against the first."""
    head = ["command", "wall s", "cpu s", "peak MB", "rows/s", "wall : first", "peak : first"]
    print(f"\n## {title}\n\n| {' | '.join(head)} |\n|{' --- |' * len(head)}")
    first = next(iter(medians.values()))
    for name, m in medians.items():
        rate = f"{rows[name] / m.wall:,.0f}" if rows.get(name) else "-"
        ratios = f"{m.wall / first.wall:.3f} | {m.peak / first.peak:.3f}"
        print(f"| {name} | {m.wall:.2f} | {m.cpu:.2f} | {m.peak:.0f} | {rate} | {ratios} |", flush=True)


def main() -> None:
    """Runs the chosen comparisons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only",
        nargs="*",
        default=["start", "floor", "parquet floor", "workers", "sinks", "growth", "notebook", "people", "stats"],
        help="those and 'billion' and 'billion, mode add', which take 22 GB and, with --runs 1, half an hour each",
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, help="where to write (default: a temporary directory)")
    args = parser.parse_args()
    out = args.out or Path(tempfile.mkdtemp(prefix="synth-bench-"))
    out.mkdir(parents=True, exist_ok=True)
    csv = [SYNTH, "run", *MAIN, "sink=csv", f"sink.csv.uri={out / 'csv'}"]
    parquet = [SYNTH, "run", *MAIN, f"sink.parquet.uri={out / 'parquet'}"]
    large = [*parquet[:-1], f"sink.parquet.uri={out / 'large'}", "generator.transactions=54000000"]
    n = 5_400_000
    quiet = [SYNTH, "run", "--overwrite", "--quiet"]
    people = [*quiet, "experiment=retail_us", f"sink.parquet.uri={out / 'people'}"]
    handbook = [*quiet, "experiment=handbook", f"sink.parquet.uri={out / 'handbook'}"]
    comparisons = {
        "start": {"help": [SYNTH, "--help"], "validate": [SYNTH, "validate", "scenario=card_chain"]},
        "floor": {
            "floor, 2 threads": [sys.executable, str(HERE / "floor.py"), str(out / "floor.csv"), "2"],
            "synth, csv": csv,
        },
        "parquet floor": {
            "floor of Parquet, 2 threads": [sys.executable, str(HERE / "floor.py"), str(out / "floor.parquet"), "2"],
            "synth, parquet": parquet,
        },
        "workers": {"1 worker": [*large, "--workers", "1"], "2 workers": [*large, "--workers", "2"]},
        "sinks": {
            "parquet": parquet,
            "csv": csv,
            "jsonl": [SYNTH, "run", *MAIN, "sink=jsonl", f"sink.jsonl.uri={out / 'jsonl'}"],
        },
        "growth": {"5.4 M, parquet": parquet, "54 M, parquet": large},
        "billion": {"54 M, parquet": large, "10^9, parquet": [*large, f"generator.transactions={BILLION}"]},
        "billion, mode add": {
            "54 M, mode add": [*large, ADD],
            "10^9, mode add": [*large, f"generator.transactions={BILLION}", ADD],
        },
        "notebook": {
            "notebook": [sys.executable, str(HERE / "notebook.py"), str(n), str(out / "notebook.csv")],
            "synth, csv": csv,
        },
        "people": {
            "handbook, 183 days": handbook,
            "handbook, 2,075 days": [*handbook, "timeline.end=2023-12-06"],
            "retail_us, 5 months": people,
            "retail_us, 11 months": [*people, "timeline.end=2022-12-01"],
        },
        "stats": {
            "parquet": parquet,
            "stats, parquet": [SYNTH, "stats", str(out / "parquet")],
            "csv": csv,
            "stats, csv": [SYNTH, "stats", str(out / "csv")],
            "9.5 M, people": people,
            "stats, people": [SYNTH, "stats", str(out / "people")],
        },
    }
    print(
        f"{platform.platform()}, {len(os.sched_getaffinity(0))} cores, "
        f"Python {platform.python_version()}, medians of {args.runs}"
    )
    try:
        for name in args.only:
            rows = dict.fromkeys(comparisons[name], {"start": 0, "workers": 10 * n}.get(name, n))
            rows |= {"54 M, mode add": 10 * n, "10^9, parquet": BILLION, "10^9, mode add": BILLION}
            rows |= {"54 M, parquet": 10 * n, "9.5 M, people": PEOPLE_ROWS[2], "stats, people": PEOPLE_ROWS[2]}
            rows |= dict(zip(comparisons["people"], PEOPLE_ROWS, strict=True))
            show(name, compare(comparisons[name], args.runs, out), rows)
    finally:
        if not args.out:
            shutil.rmtree(out)


if __name__ == "__main__":
    main()
