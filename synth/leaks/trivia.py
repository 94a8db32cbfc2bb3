"""Trivia: what means nothing and tells all the same: where a row stands, cents, seconds, what is empty."""

from collections.abc import Iterator

import numpy as np

from synth.arrays import Float, Int64
from synth.leaks.columns import Column
from synth.leaks.compare import compare_all, flag_look
from synth.leaks.findings import Tests
from synth.leaks.scene import Look, Scene, tags_of

US_PER_S = 1_000_000

#: Whole-number amounts and times are looked at by these remainders.
_ROUND = (5, 10, 50, 100)


def check(scene: Scene) -> Tests:
    """Compares what should tell nothing."""
    tests = Tests("trivia")
    compare_all(scene, tests, _looks(scene))
    return tests


def _looks(scene: Scene) -> Iterator[Look]:
    yield from _places(scene)
    for column in scene.columns.values():
        if column.table:
            continue
        if column.leaf == "amount_minor":
            yield from _cents(scene, column)
        elif column.kind == "time":
            yield from _seconds(scene, column)
        if column.empty_t is not None:
            empty_n = column.empty_t[scene.row_n]
            yield flag_look(scene, f"{column.name} is empty", tags_of(column), empty_n)
        if column.kind == "number" and column.leaf not in ("amount", "amount_minor"):
            yield from _digits(scene, column)


def _places(scene: Scene) -> Iterator[Look]:
    """Where a row stands in the file and in its block, and beside the rows of its second."""
    row_n = scene.row_n
    time = ("time", "hour", "weekday")
    yield scene.quantiles("place in the file", time, row_n.astype(np.float64))
    for modulus in (2, 10, 64):
        yield scene.codes(f"place in the file, modulo {modulus}", (), row_n % modulus, modulus)
    blocks = scene.records.block_rows
    if len(blocks) > 1 and sum(blocks) == len(scene.records.fraud_t):
        first_b = np.concatenate([[0], np.cumsum(blocks)])
        block_n = np.searchsorted(first_b, row_n, side="right") - 1
        share_n = (row_n - first_b[block_n]) / np.maximum(np.asarray(blocks)[block_n], 1)
        yield scene.quantiles("place in the block", time, share_n)
    if "time" in scene.columns:
        time_t = scene.columns["time"].values_t
        same = time_t[1:] == time_t[:-1]
        after, before = np.concatenate([[False], same]), np.concatenate([same, [False]])
        place_t = after.astype(np.int64) + 2 * before
        words = ("alone", "last", "first", "between others")
        yield scene.codes("place among rows of its instant", time, place_t[row_n], 4, lambda b: words[b])


def _cents(scene: Scene, column: Column) -> Iterator[Look]:
    minor_n = column.values_t[scene.row_n]
    exact = np.isfinite(minor_n)
    whole_n = np.where(exact, np.rint(minor_n), 0).astype(np.int64)
    tags = ("cents",)
    yield scene.codes("cents", tags, np.where(exact, whole_n % 100, -1), 100)
    yield scene.codes("cents, modulo 5", tags, np.where(exact, whole_n % 5, -1), 5)
    yield scene.codes("last digit of the amount", tags, np.where(exact, whole_n % 10, -1), 10)
    roundness = np.sum([whole_n % step == 0 for step in _ROUND], axis=0)
    words = ("no multiple of 5", "a multiple of 5", "of 10", "of 50", "whole")
    yield scene.codes("roundness of the amount", tags, np.where(exact, roundness, -1), 5, lambda b: words[b])
    others_n = _others(scene, column)
    yield scene.quantiles("other rows with this amount", ("repeats", "amount", "cents"), others_n)
    finer_n = np.abs(minor_n - whole_n) > 1e-6
    yield flag_look(scene, "amount finer than cents", (*tags, "amount"), finer_n, exact)
    parity_n = _ones(whole_n) % 2
    yield scene.codes("parity of the amount's bits", tags, np.where(exact, parity_n, -1), 2)


def _others(scene: Scene, column: Column) -> Float:
    """(n,) how many other sampled rows have the same value."""
    _, code_t, count = np.unique(column.values_t[scene.sampled_t], return_inverse=True, return_counts=True)
    others_t = np.full(len(scene.sampled_t), np.nan)
    others_t[scene.sampled_t] = count[code_t] - 1.0
    return others_t[scene.row_n]


def _seconds(scene: Scene, column: Column) -> Iterator[Look]:
    us_n = column.values_t[scene.row_n].astype(np.int64)
    there = us_n >= 0 if column.empty_t is None else ~column.empty_t[scene.row_n]
    second_n = us_n // US_PER_S
    for what, code_n, bins, tag in (
        ("second", second_n % 60, 60, "second"),
        ("minute", second_n // 60 % 60, 60, "minute"),
        ("second, modulo 2", second_n % 2, 2, "second"),
        ("tenth of a second", us_n // 100_000 % 10, 10, "second"),
    ):
        yield scene.codes(f"{what} of {column.name}", (tag, column.name), np.where(there, code_n, -1), bins)


def _digits(scene: Scene, column: Column) -> Iterator[Look]:
    """The last digit of whole numbers, and whether a number has more digits than others."""
    values_n = column.values_t[scene.row_n]
    there = np.isfinite(values_n)
    whole = bool(np.all(values_n[there] == np.rint(values_n[there])))
    if whole and len(np.unique(values_n[there][:10_000])) > 30:
        last_n = np.where(there, values_n, 0).astype(np.int64) % 10
        yield scene.codes(f"last digit of {column.name}", (), np.where(there, last_n, -1), 10)


def _ones(values_n: Int64) -> Int64:
    """How many bits are set."""
    ones: Int64 = np.bitwise_count(values_n).astype(np.int64)
    return ones
