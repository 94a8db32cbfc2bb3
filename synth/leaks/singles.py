"""Single columns: what of a row differs in fraud, and is not what its scenario declares."""

from collections.abc import Iterator
from dataclasses import replace

from synth.leaks.compare import compare_all
from synth.leaks.derived import Derived
from synth.leaks.findings import Tests
from synth.leaks.scene import Look, Scene


def check(scene: Scene, derived: Derived) -> Tests:
    """Compares every column of the rows and of the entities that they name."""
    tests = Tests("columns")
    compare_all(scene, tests, _looks(scene, derived))
    return tests


def _looks(scene: Scene, derived: Derived) -> Iterator[Look]:
    columns = [*scene.columns.values(), *derived.of("times", "distances", "differences", "speeds")]
    for column in columns:
        if column.kind == "key" and (column.table or column.texts is not None):
            continue
        if column.name == "amount":
            continue
        look = scene.look_at(column)
        if column.kind == "time" and not column.table:
            look = replace(look, columns=("time", "weekday"))
        yield look
