"""Rules that every genuine row obeys and fraud rows break: limits of numbers, by themselves and by kind of row, and
kinds of row that no genuine row is of. They are searched for: each number beside each column of few texts.

Where fraud is a random choice of rows, the k highest of all rows are all fraud with the chance of drawing k fraud rows
one after the other.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from synth.arrays import Float, Int64
from synth.leaks.columns import Column
from synth.leaks.compare import percent, share_effect
from synth.leaks.derived import Derived
from synth.leaks.findings import FEWEST_CERTAIN, Finding, Tests
from synth.leaks.odds import Counts, log_tail
from synth.leaks.scene import Scene, Subject, tags_of

#: Texts of a column that tell kinds of rows apart.
_MOST_KINDS = 30

#: Columns of kinds, the rows' own first.
_MOST_COLUMNS = 14

#: Genuine rows of two kinds at once that chance would make, before their absence means anything.
_FEWEST_EXPECTED = 5

#: Genuine rows of a kind before their limits mean anything.
_FEWEST_ROWS = 100


def check(scene: Scene, derived: Derived) -> Tests:
    """Searches for limits and kinds."""
    tests = Tests("rules")
    kinds = _kinds(scene, derived)
    numbers = _numbers(scene, derived)
    for column in numbers:
        for kind in [None, *kinds]:
            if kind is None or column.root != kind.root or column.table != kind.table:
                _limits(scene, tests, column, kind)
    for first, second in combinations(kinds, 2):
        _combinations(scene, tests, first, second)
    return tests


def _numbers(scene: Scene, derived: Derived) -> list[Column]:
    own = [
        c
        for c in scene.columns.values()
        if c.kind == "number" and c.name != "amount" and c.unit not in ("degrees", "km")
    ]
    made = derived.of("times", "distances", "differences", "speeds", "repeats")
    return [column for column in [*own, *made] if column.kind == "number"]


def _kinds(scene: Scene, derived: Derived) -> list[Column]:
    """Columns of few texts; empty is a text, too."""
    own = [c for c in scene.columns.values() if c.kind == "code"]
    made = [c for c in derived.of("times", "differences") if c.kind == "code"]
    few = [c for c in [*own, *made] if 1 < len(np.unique(c.values_t[scene.row_n])) <= _MOST_KINDS]
    return sorted(few, key=lambda c: bool(c.table))[:_MOST_COLUMNS]


def _limits(scene: Scene, tests: Tests, column: Column, kind: Column | None) -> None:
    """The highest and the lowest genuine row of each kind, and the fraud rows beyond them."""
    value_n = column.values_t[scene.row_n].astype(np.float64)
    kind_n = np.zeros(len(value_n), dtype=np.int64) if kind is None else kind.values_t[scene.row_n].astype(np.int64) + 1
    kinds = int(kind_n.max(initial=0)) + 1
    known = np.isfinite(value_n)
    genuine = known & ~scene.fraud_n
    rows_g = np.bincount(kind_n[genuine], minlength=kinds)
    order = np.argsort(kind_n[genuine].astype(np.int16), kind="stable")
    used, edge = np.flatnonzero(rows_g), np.cumsum(rows_g)[rows_g > 0] - rows_g[rows_g > 0]
    value_g = value_n[genuine][order]
    for sign in (1, -1):
        limit_g = np.full(kinds, -np.inf)
        if len(used):
            limit_g[used] = np.maximum.reduceat(sign * value_g, edge)
        beyond = known & scene.fraud_n & (sign * value_n > limit_g[kind_n]) & (rows_g[kind_n] >= _FEWEST_ROWS)
        tests.made += len(scene.subjects) * int((rows_g >= _FEWEST_ROWS).sum())
        if beyond.sum() >= FEWEST_CERTAIN:
            for subject in scene.subjects:
                tests.found.extend(_beyond(scene, subject, column, kind, sign, beyond, kind_n, known, rows_g))


def _beyond(
    scene: Scene,
    subject: Subject,
    column: Column,
    kind: Column | None,
    sign: int,
    beyond: "np.ndarray",
    kind_n: Int64,
    known: "np.ndarray",
    rows_g: Int64,
) -> Iterator[Finding]:
    """The rules of one scenario."""
    chosen, fraud = scene.mine(subject)
    mine = chosen[fraud & scene.has_likes(subject)[chosen]]
    for value in np.unique(kind_n[mine][beyond[mine]]):
        here = mine[(kind_n[mine] == value) & known[mine]]
        hits = int(beyond[here].sum())
        odds = _drawn_first(hits, len(here), int(rows_g[value]))
        if hits >= FEWEST_CERTAIN and odds < math.log(1e-3):
            yield from _rule(scene, subject, column, kind, sign, int(value) - 1, scene.row_n[here])


def _drawn_first(k: int, n: int, others: int) -> float:
    """The natural logarithm of the chance that the first k of n + others rows are all among the n."""
    k_i = np.arange(k)
    return float(np.log((n - k_i) / (n + others - k_i)).sum())


def _rule(
    scene: Scene, subject: Subject, column: Column, kind: Column | None, sign: int, value: int, row_f: Int64
) -> Iterator[Finding]:
    """A rule, as all rows bear it out, if all of them do: the compared ones are a part of the genuine rows.

    Args:
        row_f: the rows of the scenario that are compared there.
    """
    value_t = sign * column.values_t.astype(np.float64)
    inside = np.isfinite(value_t) & (kind.values_t.astype(np.int64) == value if kind is not None else True)
    genuine = inside & scene.genuine_t
    limit = float(value_t[genuine].max())
    rows = subject.all_f[(inside & (value_t > limit))[subject.all_f]]
    hits, n = len(np.intersect1d(rows, row_f)), len(row_f)
    if hits < FEWEST_CERTAIN:
        return
    where = "" if kind is None else f" where {kind.name} is {_text(kind, value)}"
    word = "above" if sign > 0 else "below"
    rule = f"{column.name}{where} is {word} {_figure(sign * limit)}"
    message = f"{rule}, which no genuine row is, in {percent(hits / n)} of the fraud rows{' there' if kind else ''}"
    columns = (*tags_of(column), *(tags_of(kind) if kind else ()))
    yield Finding(
        family="rules",
        scenario=subject.scenario,
        feature=f"{column.name}{where}",
        columns=columns,
        message=message,
        effect=share_effect(hits, n, 0, int(genuine.sum())),
        log_odds=_drawn_first(hits, n, int(genuine.sum())),
        rows=len(rows),
        episodes=scene.episodes_of(rows),
        genuine=0,
        certain=True,
        row_f=rows,
        declared=subject.explains(tags_of(column)),
    )


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or value == round(value) else f"{value:.4g}"


def _text(kind: Column, value: int) -> str:
    if value < 0:
        return "empty"
    return str(kind.texts[value]) if kind.texts is not None else str(value)


def _combinations(scene: Scene, tests: Tests, first: Column, second: Column) -> None:
    """Kinds of row, by two columns, that no genuine row is of though by either column some should be."""
    if first.table and first.table == second.table:
        return
    a_n, b_n = (c.values_t[scene.row_n].astype(np.int64) + 1 for c in (first, second))
    width = int(b_n.max(initial=0)) + 1
    cell_n = a_n * width + b_n
    genuine = np.bincount(cell_n[~scene.fraud_n], minlength=int(cell_n.max(initial=0)) + 1)
    tests.made += len(scene.subjects) * int((genuine > 0).sum())
    share_a, share_b = (np.bincount(n[~scene.fraud_n], minlength=int(n.max()) + 1) / genuine.sum() for n in (a_n, b_n))
    for subject in scene.subjects:
        chosen, fraud = scene.mine(subject)
        likes = fraud & scene.has_likes(subject)[chosen]
        mine = np.bincount(cell_n[chosen[likes]], minlength=len(genuine))
        for cell in np.flatnonzero((mine >= FEWEST_CERTAIN) & (genuine == 0)):
            a, b = int(cell) // width, int(cell) % width
            if share_a[a] * share_b[b] * genuine.sum() >= _FEWEST_EXPECTED:
                tests.found.extend(
                    _combined(scene, subject, (first, second), (a - 1, b - 1), int(mine[cell]), int(fraud.sum()))
                )


def _combined(
    scene: Scene, subject: Subject, columns: Sequence[Column], values: Sequence[int], hits: int, n: int
) -> Iterator[Finding]:
    """A kind of row, as all rows bear it out."""
    there = np.ones(len(scene.genuine_t), dtype=bool)
    for column, value in zip(columns, values, strict=True):
        there &= column.values_t.astype(np.int64) == value
    if (there & scene.genuine_t).any():
        return
    others = int(scene.genuine_t.sum())
    counts = Counts(np.array([[n - hits, hits]]), np.array([[others, 0]]))
    score: Float = np.array([[0.0, 1.0]])
    names = " and ".join(f"{c.name} {_text(c, v)}" for c, v in zip(columns, values, strict=True))
    rows = subject.all_f[there[subject.all_f]]
    tags = [tags_of(column) for column in columns]
    explained = [subject.explains(each) for each in tags]
    yield Finding(
        family="rules",
        scenario=subject.scenario,
        feature=names,
        columns=(*tags[0], *tags[1]),
        message=f"{names} come together in {percent(hits / n)} of the fraud rows and in no genuine one",
        effect=share_effect(hits, n, 0, others),
        log_odds=log_tail(counts, score),
        rows=len(rows),
        episodes=scene.episodes_of(rows),
        genuine=0,
        certain=True,
        row_f=rows,
        declared=(*explained[0], *explained[1]) if all(explained) else (),
    )
