"""Checks of what a component costs: no Python loop a row, time and memory in proportion, nothing kept."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from synth.testing.contract import Broken
from synth.testing.counting import Line, MemoryUse, cpu_seconds, measure_memory, show_line

#: Four times the rows may cost this much more, and some lines for whatever comes up.
_LINES_FACTOR, _LINES_MORE = 1.5, 200
#: Four times the rows in proportion cost four times the time; a square costs sixteen times.
_TIME_FACTOR, _TIME_LEAST_S = 10.0, 0.1
_PEAK_FACTOR, _PEAK_LEAST = 8.0, 32 << 20
#: A run that would take more than this is not measured: what came before has told enough.
_PEAK_MOST = 256 << 20
_KEPT_LEAST = 32 << 10
_SAME_FACTOR, _SAME_LEAST = 1.5, 128 << 10


@dataclass(frozen=True)
class Load:
    """Some work on some rows."""

    rows: int
    work: Callable[[], Any]

    @cached_property
    def peak(self) -> int:
        """The most memory that it holds at a time; measured once, which takes several times as long as the work."""
        return measure_memory([self.work]).peak


def require_no_loop(small: Counter[Line], large: Counter[Line], rows: tuple[int, int]) -> None:
    """Compares the lines that ran for some rows with those for four times as many, in as many blocks.

    Raises:
        Broken: they grow with the rows; names the line that grows most.
    """
    if large.total() <= _LINES_FACTOR * small.total() + _LINES_MORE:
        return
    hottest = max(large, key=lambda line: large[line] - small[line])
    where, text = show_line(hottest)
    message = f"{large.total():,} lines run for {rows[1]:,} rows, {small.total():,} for {rows[0]:,}"
    raise Broken(f"{message}; most often {text!r}, {large[hottest]:,} times", where)


def require_flat_peak(loads: Sequence[Load]) -> None:
    """Measures the most memory of one load after the other, each four times the one before.

    Raises:
        Broken: it grows faster than the rows.
    """
    before = None
    for load in loads:
        if before and load.peak > _PEAK_FACTOR * before.peak and load.peak - before.peak > _PEAK_LEAST:
            message = f"{load.peak / 2**20:,.0f} MiB at most for {load.rows:,} fraud rows"
            raise Broken(f"{message}, {before.peak / 2**20:,.1f} MiB for {before.rows:,}")
        if 16 * load.peak > _PEAK_MOST:
            return
        before = load


def require_linear_time(loads: Sequence[Load]) -> None:
    """Measures the CPU time of one load after the other, each four times the one before.

    Raises:
        Broken: it grows as the square of the rows.
    """
    before = None
    for load in loads:
        if 16 * load.peak > 4 * _PEAK_MOST:
            return
        seconds = cpu_seconds(load.work, repeats=1)
        if before and seconds > _TIME_FACTOR * before[1] and seconds > _TIME_LEAST_S:
            seconds = min(seconds, cpu_seconds(load.work))  # something else may have disturbed it
            if seconds > _TIME_FACTOR * before[1]:
                raise Broken(f"{seconds:.2f} s for {load.rows:,} fraud rows, {before[1]:.3f} s for {before[0]:,}")
        if seconds > 1 or load is loads[-1]:
            return
        before = load.rows, min(seconds, cpu_seconds(load.work, repeats=2))


def require_nothing_kept(memory: MemoryUse, rows: int) -> None:
    """Compares what is held after a first part of the blocks with what is held after all.

    Raises:
        Broken: it grows with the blocks.
    """
    some, end = memory.kept[0], memory.kept[-1]
    if end - some > max(_KEPT_LEAST, 4 * rows):
        raise Broken(f"{some:,} bytes are kept after a third of the blocks, {end:,} after all")


def require_same_peak(small: int, large: int) -> None:
    """Compares the most memory of one block with that of one of as many rows in a run of four times the rows.

    Raises:
        Broken: it grows with the run.
    """
    if large > _SAME_FACTOR * small and large - small > _SAME_LEAST:
        message = f"{large / 2**20:,.1f} MiB at most for a block of a run of four times the rows"
        raise Broken(f"{message}, {small / 2**20:,.1f} MiB for one of as many rows in a small run")
