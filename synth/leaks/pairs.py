"""Pairs of columns: what one says given the other, compared among rows of the same hour of the week.

Two looks at a pair: the rank of the second column among the rows that are alike in the first, whose distribution is
flat where nothing leaks; and the cells of both, scored by how much more fraud they hold in one half of the episodes and
tried on the other half. A pair is a finding where it tells more than either column does alone.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

import numpy as np

from synth.arrays import Float, Int64
from synth.leaks.columns import Column
from synth.leaks.compare import compare, size_of
from synth.leaks.derived import Derived
from synth.leaks.findings import Effect, Finding, Tests
from synth.leaks.halves import learn
from synth.leaks.scene import Look, Scene, Subject, tags_of

#: By how much of what is strong a pair has to tell more than its columns, and where one of them is declared.
_GAIN, _GAIN_DECLARED = 0.3, 0.8

#: Cells of a column, and bins of one whose rank is taken.
_LEVELS, _FINE = 8, 64

#: Columns that are paired, the rows' own first.
_MOST_COLUMNS = 16

_NOTHING = (0.0, Effect("auc", 0.5, 0.5, 0.5))


def check(scene: Scene, derived: Derived) -> Tests:
    """Compares every pair."""
    tests = Tests("pairs")
    chosen = {column.name: column for column in _columns(scene, derived)}
    levels = {name: _levels(scene, column) for name, column in chosen.items()}
    columns = [column for name, column in chosen.items() if not _known_before(scene, name, levels)]
    fine = {column.name: _fine(scene, column) for column in columns}
    alone = {
        (s.scenario, c.name): _alone(scene, s, c, levels[c.name], fine[c.name]) for s in scene.subjects for c in columns
    }
    for first, second in permutations(columns, 2):
        if first.root == second.root and first.table and second.table:
            continue
        look = _given(scene, first, second, levels[first.name], fine[second.name])
        for subject in scene.subjects:
            single = max(alone[subject.scenario, first.name], alone[subject.scenario, second.name])
            hours = None if {"hour", "weekday"} & {first.name, second.name} else scene.hour_n
            partly = not _explained(subject, first, second)
            given = compare(scene, tests.family, subject, look, hours, partly=partly)
            tests.add(_beyond(given, single, subject, first, second))
            if first.name < second.name:
                cells = levels[first.name] * _LEVELS + levels[second.name]
                tests.add(
                    _beyond(_together(scene, subject, cells, first, second, hours), single, subject, first, second)
                )
    return tests


def _known_before(scene: Scene, name: str, levels: "dict[str, Int64]") -> bool:
    """Whether an earlier column says the same of every genuine row."""
    genuine = ~scene.fraud_n
    earlier = list(levels)[: list(levels).index(name)]
    return any(np.array_equal(levels[each][genuine], levels[name][genuine]) for each in earlier)


def _alone(scene: Scene, subject: Subject, column: Column, level_n: Int64, fine_n: Int64) -> float:
    """How much a column tells by itself, in whatever way a pair could."""
    chosen, fraud_n = scene.mine(subject)
    every = [size_of(scene, subject, scene.look_at(column))]
    for bin_n in (fine_n + 1,) if column.kind == "code" else (level_n, fine_n + 1):
        learnt = learn(bin_n[chosen], fraud_n, int(bin_n.max(initial=0)) + 1, scene.streams)
        every.append(learnt[1].size if learnt else 0.0)
    return max(every)


def _columns(scene: Scene, derived: Derived) -> Iterator[Column]:
    """What is paired: columns of the rows that are no ids, times, distances, and of entities those of few texts."""
    own = [c for c in scene.columns.values() if not c.table and c.kind in ("code", "number") and c.name != "amount"]
    made = derived.of("times", "distances")
    others = [
        c
        for c in scene.columns.values()
        if c.table and c.kind == "code" and c.texts is not None and 1 < len(c.texts) <= 60
    ]
    numbers = [c for c in scene.columns.values() if c.table and c.kind == "number" and c.unit not in ("degrees", "km")]
    chosen = [c for c in [*own, *made, *others, *numbers] if len(np.unique(c.values_t[scene.row_n])) > 1]
    yield from chosen[:_MOST_COLUMNS]


def _levels(scene: Scene, column: Column) -> Int64:
    """(n,) one of ``_LEVELS`` levels; the most frequent texts, and all others."""
    values_n = column.values_t[scene.row_n]
    if column.kind == "code":
        codes, place_n, count = np.unique(values_n, return_inverse=True, return_counts=True)
        rank = np.empty(len(codes), dtype=np.int64)
        rank[np.argsort(-count, kind="stable")] = np.arange(len(codes))
        return np.minimum(rank[place_n], _LEVELS - 1)
    known = np.where(np.isfinite(values_n), values_n, -np.inf).astype(np.float64)
    edges = np.unique(np.quantile(known[~scene.fraud_n & np.isfinite(known)], np.arange(1, _LEVELS) / _LEVELS))
    level: Int64 = np.searchsorted(edges, known, side="right").astype(np.int64)
    return level


def _given(scene: Scene, first: Column, second: Column, level_n: Int64, fine_n: Int64) -> Look:
    """The rank of the second among rows that are alike in the first; texts by how often they come there.

    Args:
        level_n: levels of the first.
        fine_n: fine bins of the second, or its codes; -1 where it is empty.
    """
    group_n = first.values_t[scene.row_n].astype(np.int64) + 1 if first.kind == "code" else level_n
    known, bin_n = fine_n >= 0, fine_n
    if second.kind == "code":
        width = int(fine_n.max(initial=0)) + 2
        cells = (int(group_n.max(initial=0)) + 1) * width
        count = np.bincount(group_n * width + fine_n + 1, minlength=cells).reshape(-1, width)
        rarest = np.argsort(np.argsort(count, axis=1, kind="stable"), axis=1, kind="stable")
        known, bin_n = np.ones(len(fine_n), dtype=bool), rarest[group_n, fine_n + 1]
    rank_n = np.full(len(known), np.nan)
    rank_n[known] = _flat(group_n[known], bin_n[known], scene.lot_n[known])
    return scene.ranks(f"{second.name} given {first.name}", (*tags_of(first), *tags_of(second)), rank_n)


def _fine(scene: Scene, column: Column) -> Int64:
    """(n,) codes, or fine bins of numbers; -1 where it is empty."""
    value_n = column.values_t[scene.row_n]
    if column.kind == "code":
        return value_n.astype(np.int64)
    known = np.isfinite(value_n)
    genuine = value_n[known & ~scene.fraud_n]
    some = genuine[:: max(1, len(genuine) // 20_000)]
    edges = np.unique(np.quantile(some, np.arange(1, _FINE) / _FINE)) if len(some) else np.empty(0)
    return np.where(known, np.searchsorted(edges, value_n, side="left"), -1).astype(np.int64)


def _flat(group_n: Int64, bin_n: Int64, lot_n: Float) -> Float:
    """(n,) in (0, 1): the rank within a group, at random within a bin."""
    group_n = group_n - group_n.min()
    bins = int(bin_n.max(initial=0)) + 1
    count = np.bincount(group_n * bins + bin_n, minlength=(int(group_n.max(initial=0)) + 1) * bins).reshape(-1, bins)
    below = np.cumsum(count, axis=1) - count
    rank: Float = (below[group_n, bin_n] + lot_n * count[group_n, bin_n]) / count.sum(axis=1)[group_n]
    return rank


def _together(
    scene: Scene, subject: Subject, cell_n: Int64, first: Column, second: Column, hours: Int64 | None
) -> Finding | None:
    """The cells of both columns, learnt; the lesser of what they tell of all rows, and of those that are alike in what
    is declared."""
    chosen, fraud_n = scene.mine(subject)
    group_n = scene.alike_n[subject.scenario]
    strata = [hours] if group_n is None or _explained(subject, first, second) else [hours, group_n]
    every = [
        learn(cell_n[chosen], fraud_n, _LEVELS * _LEVELS, scene.streams, None if each is None else each[chosen])
        for each in strata
    ]
    learnt = min((each or _NOTHING for each in every), key=lambda each: (-each[0], each[1].size))
    if learnt is _NOTHING:
        return None
    columns = (*tags_of(first), *tags_of(second))
    feature, n = f"{first.name} and {second.name}", int(fraud_n.sum())
    return Finding(
        family="pairs",
        scenario=subject.scenario,
        feature=feature,
        columns=columns,
        message=f"{feature} together tell fraud rows from genuine ones",
        effect=learnt[1],
        log_odds=learnt[0],
        rows=n,
        episodes=n,
        genuine=int((~fraud_n).sum()),
        declared=subject.explains(columns),
    )


def _beyond(found: Finding | None, single: float, subject: Subject, first: Column, second: Column) -> Finding | None:
    """A finding that says more than its columns alone; where one column is declared it has to say a lot more."""
    if found is None:
        return None
    gain = _GAIN_DECLARED if any(subject.explains(tags_of(column)) for column in (first, second)) else _GAIN
    if found.effect.size < single + gain:
        return None
    return found if _explained(subject, first, second) else replace(found, declared=())


def _explained(subject: Subject, first: Column, second: Column) -> bool:
    """Whether a scenario declares both columns."""
    return all(subject.explains(tags_of(column)) for column in (first, second))
