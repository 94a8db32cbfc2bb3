"""Dependencies: columns that another one decides on every genuine row, and that fraud rows break.

They are learnt from the genuine rows: two columns that are equal on all of them, and columns of which each value comes
with one value of another alone.
"""

import math
from collections.abc import Iterator
from itertools import combinations, permutations

import numpy as np

from synth.arrays import Int64, Mask
from synth.leaks.columns import Column
from synth.leaks.compare import percent, share_effect
from synth.leaks.findings import FEWEST_CERTAIN, Finding, Tests
from synth.leaks.odds import Counts, log_bins
from synth.leaks.scene import Scene, Subject

#: Genuine rows that have to bear a dependency out: rows whose value came before.
_FEWEST_ROWS = 500

#: Values that two columns have to have in common before their being equal means anything.
_FEWEST_VALUES = 2


def check(scene: Scene) -> Tests:
    """Looks for what holds on all genuine rows, and counts the fraud rows that break it."""
    tests = Tests("dependencies")
    for first, second, broken_t, known_t in _dependencies(scene):
        for subject in scene.subjects:
            tests.add(_finding(scene, subject, first, second, broken_t, known_t))
    return tests


def _dependencies(scene: Scene) -> Iterator[tuple[Column, Column, Mask, Mask]]:
    """Pairs of columns: which rows break what holds on genuine ones, and which have both."""
    own = [c for c in scene.columns.values() if c.kind in ("code", "key") or c.unit == "km" or not c.table]
    coded = {c.name: _coded(c) for c in own}
    columns = [
        c
        for c in scene.columns.values()
        if c.name in coded and len(np.unique(coded[c.name][scene.row_n])) >= _FEWEST_VALUES
    ]
    genuine_t = scene.genuine_t
    for first, second in combinations(columns, 2):
        if _comparable(first, second):
            known = (_raw(first) >= 0) & (_raw(second) >= 0)
            broken = known & ~_equal(first, second)
            if int((known & genuine_t).sum()) >= _FEWEST_ROWS and not (broken & genuine_t).any():
                yield first, second, broken, known
    for first, second in permutations(columns, 2):
        if first.table or second.table == "cards":
            continue  # what an entity decides of itself no row can break
        made = _decides(scene, coded[first.name], coded[second.name])
        if made is not None:
            yield first, second, *made


def _raw(column: Column) -> Int64:
    return np.where(np.isfinite(column.values_t), column.values_t, -1).astype(np.int64)


def _coded(column: Column) -> Int64:
    """(t,) a number from 0 for each value; empty is a value, too."""
    _, code_t = np.unique(column.values_t, return_inverse=True)
    return code_t


def _comparable(first: Column, second: Column) -> bool:
    """Whether two columns hold values of one kind, each by another way."""
    if first.kind != second.kind or (first.root == second.root and first.table == second.table):
        return False
    if (first.texts is None) != (second.texts is None):
        return False
    return (first.kind == "code" and first.texts is not None) or (first.kind == "key" and first.leaf == second.leaf)


def _equal(first: Column, second: Column) -> Mask:
    """(t,) rows on which two columns say the same."""
    if first.texts is None or second.texts is None:
        same: Mask = first.values_t == second.values_t
        return same
    names = {text: code for code, text in enumerate(first.texts.to_pylist())}
    code_of = np.array([names.get(text, -2) for text in second.texts.to_pylist()] + [-1], dtype=np.int64)
    equal: Mask = first.values_t == code_of[second.values_t.astype(np.int64)]
    return equal


def _decides(scene: Scene, first_t: Int64, second_t: Int64) -> tuple[Mask, Mask] | None:
    """Which rows break a dependency, and which could; None where genuine rows do, or say nothing of it.

    Tried on the compared rows first: most pairs of columns fail there.
    """
    genuine_n = scene.row_n[~scene.fraud_n]
    values = int(first_t.max(initial=0)) + 1
    if not _holds(first_t[genuine_n], second_t[genuine_n], values):
        return None
    genuine = np.flatnonzero(scene.genuine_t)
    if not _holds(first_t[genuine], second_t[genuine], values):
        return None
    if len(np.unique(second_t[genuine_n])) < _FEWEST_VALUES:
        return None
    count = np.bincount(first_t[genuine], minlength=values)
    if int(np.maximum(count - 1, 0).sum()) < _FEWEST_ROWS or (count > 0).sum() * 2 > len(genuine):
        return None
    decided = np.full(values, -1, dtype=np.int64)
    decided[first_t[genuine]] = second_t[genuine]
    known = count[first_t] - scene.genuine_t > 0
    return known & (decided[first_t] != second_t), known


def _holds(first: Int64, second: Int64, values: int) -> bool:
    decided = np.zeros(values, dtype=np.int64)
    decided[first] = second
    return bool((decided[first] == second).all())


def _finding(
    scene: Scene, subject: Subject, first: Column, second: Column, broken_t: Mask, known_t: Mask
) -> Finding | None:
    """How many rows of a scenario break a dependency."""
    sample = subject.row_f[known_t[subject.row_f]]
    others = int((known_t & scene.genuine_t).sum())
    hits = int(broken_t[sample].sum())
    if hits < FEWEST_CERTAIN:
        return None
    counts = Counts(np.array([[len(sample) - hits, hits]]), np.array([[others, 0]]))
    odds = log_bins(counts)[0] + math.log(2)
    rows = subject.all_f[broken_t[subject.all_f]]
    shares = f"{percent(hits / len(sample))} of the fraud rows and no genuine one"
    equal = _comparable(first, second)
    what = f"{first.name} is not {second.name}" if equal else f"{second.name} is another than {first.name} decides"
    return Finding(
        family="dependencies",
        scenario=subject.scenario,
        feature=f"{first.name} and {second.name}",
        columns=(first.name, second.name),
        message=f"{what}: {shares}",
        effect=share_effect(hits, len(sample), 0, others),
        log_odds=odds,
        rows=len(rows),
        episodes=scene.episodes_of(rows),
        genuine=0,
        certain=True,
        row_f=rows,
    )
