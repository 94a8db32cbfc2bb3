"""What a transaction costs the driver of a run: ``python benchmarks/driver.py [WORD...]``; without words, every preset.

Bytes of the receipts, and processor time of the thread that collects them and completes the shared files: what 4.5
million rows take more than 1.5 million, for what a run takes once (tables of people, imports) does not grow with them.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import synth
from synth.engine import receipts, run

PRESETS = Path(__file__).resolve().parents[1] / "conf/experiment"
FEW, MANY = 1_500_000, 4_500_000


class Counter:
    """Counts what passes through the driver, from the outside."""

    def __init__(self) -> None:
        self.bytes = self.ns = 0
        run.write_blocks, run._finish = self._timed(run.write_blocks), self._timed(run._finish)
        receipts.Identity.write = self._counted(receipts.Identity.write)  # type: ignore[method-assign]

    def _timed(self, function: Any) -> Any:
        def call(*args: Any) -> Any:
            start = time.thread_time_ns()
            try:
                return function(*args)
            finally:
                self.ns += time.thread_time_ns() - start

        return call

    def _counted(self, function: Any) -> Any:
        def call(*args: Any) -> Any:
            content = function(*args)
            self.bytes += len(content)
            return content

        return call

    def of(self, words: list[str]) -> Any:
        """Rows, fraud rows, bytes and nanoseconds of a run."""
        self.bytes = self.ns = 0
        with tempfile.TemporaryDirectory() as folder:
            result = synth.run(*words, "sink=parquet", f"sink.parquet.uri={folder}/out")
        return np.array([result.rows, result.fraud_rows, self.bytes, self.ns])


def sized(words: list[str], rows: int) -> list[str]:
    """A recipe with about so many rows: of a generator that is told how many, or by the end of its window."""
    plan = synth.plan(*words)
    recipe = plan._prepared.recipe
    if "transactions" in recipe.content["generator"]:
        return [*words, f"generator.transactions={rows}"]
    start, end = (np.datetime64(recipe.content["timeline"][key], "D") for key in ("start", "end"))
    days = int((end - start) / np.timedelta64(1, "D") * rows / plan.counts["transactions"])
    return [*words, f"timeline.end={start + days}"]


def main() -> None:
    """The whole table, each line in a process of its own, or one line."""
    words = sys.argv[1:]
    if words:
        counter = Counter()
        _, few, many = (counter.of(sized(words, rows)) for rows in (FEW, FEW, MANY))  # the first one imports
        rows, fraud, put, ns = many - few
        each = f"{fraud / rows:.2%} | {put / rows:.3f} | {ns / rows:.1f} | {put / fraud if fraud else 0:.0f}"
        print(f"| `{' '.join(words)}` | {each} |", flush=True)
        return
    print("| recipe | fraud | bytes a transaction | ns a transaction | bytes a fraud row |", flush=True)
    print("| --- | --- | --- | --- | --- |", flush=True)
    recipes = [["scenario=card_chain"], *([f"experiment={each.stem}"] for each in sorted(PRESETS.glob("*.yaml")))]
    for each in recipes:
        subprocess.run([sys.executable, __file__, *each], check=True)


if __name__ == "__main__":
    main()
