"""Single columns: what of a row differs in fraud, and is not what its scenario declares.

What a scenario declares draws other columns with it: fraud at night is in the shops that are open at night. So a column
is a finding where it differs both as it is and among rows that are alike in what is declared.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from synth.arrays import Int64
from synth.leaks.columns import Column
from synth.leaks.compare import compare
from synth.leaks.derived import Derived
from synth.leaks.findings import Finding, Tests
from synth.leaks.scene import Look, Scene, Subject

#: Rows that are alike in what is declared are so by tenths of a number, and fall into this many groups at most.
_TENTHS, _MOST_GROUPS = 10, 3000


def check(scene: Scene, derived: Derived) -> Tests:
    """Compares every column of the rows and of the entities that they name."""
    tests = Tests("columns")
    groups = {subject.scenario: _alike(scene, derived, subject) for subject in scene.subjects}
    for look in _looks(scene, derived):
        for subject in scene.subjects:
            if look.bins > 1:
                tests.add(compare_declared(scene, tests.family, subject, look, groups[subject.scenario]))
    return tests


def compare_declared(scene: Scene, family: str, subject: Subject, look: Look, group_n: Int64 | None) -> Finding | None:
    """A look at all rows, and at those that are alike in what is declared: the lesser of both differences."""
    found = compare(scene, family, subject, look)
    if found is None or group_n is None or found.declared:
        return found
    alike = compare(scene, family, subject, look, group_n)
    if alike is None:
        return replace(found, log_odds=0.0)
    if alike.log_odds > found.log_odds:
        return replace(found, log_odds=alike.log_odds)
    return found


def _looks(scene: Scene, derived: Derived) -> Iterator[Look]:
    columns: list[Column] = [*scene.columns.values(), *derived.of("times", "distances", "differences", "speeds")]
    for column in columns:
        if column.kind == "key" and (column.table or column.texts is not None):
            continue
        if column.name == "amount":
            continue
        look = scene.look_at(column)
        if column.kind == "time" and not column.table:
            look = replace(look, columns=("time", "weekday"))
        yield look


def _alike(scene: Scene, derived: Derived, subject: Subject) -> Int64 | None:
    """The group of each row among those that are alike in what is declared; None where nothing is."""
    known = {**scene.columns, **{column.name: column for column in derived.of("times")}}
    known["amount"] = known.get("amount_minor", known.get("amount"))  # type: ignore[assignment]
    parts = [_part(scene, known[name]) for name in subject.signal or () if known.get(name) is not None]
    return _combined(parts) if parts else None


def _part(scene: Scene, column: Column) -> Int64:
    values_n = column.values_t[scene.row_n]
    if column.kind == "code":
        return values_n.astype(np.int64) + 1
    finite = np.where(np.isfinite(values_n), values_n, -1).astype(np.float64)
    edges = np.unique(np.quantile(finite[~scene.fraud_n], np.arange(1, _TENTHS) / _TENTHS))
    tenth: Int64 = np.searchsorted(edges, finite, side="right").astype(np.int64)
    return tenth


def _combined(parts: Sequence[Int64]) -> Int64:
    """A number for each combination, of as many columns as leave rows to compare in their groups."""
    code = parts[0]
    for part in parts[1:]:
        joined = code * (int(part.max(initial=0)) + 1) + part
        values, joined = np.unique(joined, return_inverse=True)
        if len(values) > _MOST_GROUPS:
            break
        code = joined
    return code
