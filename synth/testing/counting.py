"""Counts what code costs, without a stopwatch where that is possible: lines executed, CPU time, memory."""

import gc
import linecache
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

Line = tuple[str, int]


def count_lines(files: Collection[str], work: Callable[[], Any]) -> Counter[Line]:
    """How often each line of these files begins to run, a comprehension's once an item; deterministic."""
    lines: Counter[Line] = Counter()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename not in files:
            return None
        if event in ("line", "call"):
            lines[frame.f_code.co_filename, frame.f_lineno] += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return lines


def show_line(line: Line) -> tuple[str, str]:
    """``file:line`` and its text."""
    file, number = line
    return f"{Path(file).name}:{number}", linecache.getline(file, number).strip()


def cpu_seconds(work: Callable[[], Any], repeats: int = 3) -> float:
    """The least CPU time of this thread over some repeats."""
    least = float("inf")
    for _ in range(repeats):
        started = time.thread_time()
        work()
        least = min(least, time.thread_time() - started)
    return least


@dataclass(frozen=True)
class MemoryUse:
    """Bytes.

    Attributes:
        peak: the most that was held at a time.
        kept: what is still held after each step.
    """

    peak: int
    kept: tuple[int, ...]


def measure_memory(steps: Iterable[Callable[[], Any]]) -> MemoryUse:
    """What the steps allocate, Python's objects and NumPy's arrays alike."""
    gc.freeze()  # the collections below look at what the steps made, and not at the whole process each time
    tracemalloc.start()
    try:
        base = tracemalloc.get_traced_memory()[0]
        kept = []
        for step in steps:
            step()
            gc.collect()
            kept.append(tracemalloc.get_traced_memory()[0] - base)
        return MemoryUse(tracemalloc.get_traced_memory()[1] - base, tuple(kept))
    finally:
        tracemalloc.stop()
        gc.unfreeze()
