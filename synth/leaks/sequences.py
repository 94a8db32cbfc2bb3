"""Sequences: the steps that visits to a shop make from click to click, and what a card does after what."""

from collections.abc import Iterator

import numpy as np

from synth.arrays import Int64
from synth.leaks import ids
from synth.leaks.compare import compare, flag_look
from synth.leaks.derived import Derived
from synth.leaks.findings import Tests
from synth.leaks.scene import Look, Scene, tags_of
from synth.leaks.visits import BEGIN, Visits, visits_of

#: What a card does after what: these columns, where they have few texts.
_FOLLOWED = ("category", "channel", "auth_result", "event_type")


def check(scene: Scene, derived: Derived) -> list[Tests]:
    """Compares steps; and the ids of visits, as those of rows."""
    tests = Tests("sequences")
    for look, stratum_n in _on_cards(scene, derived):
        for subject in scene.subjects:
            tests.add(compare(scene, tests.family, subject, look, stratum_n))
    visits = visits_of(scene.records)
    if visits is None:
        return [tests]
    there = Scene(visits.records)
    _visits(there, visits, tests)
    return [tests, ids.check(there, "ids of visits", visits.last_v[there.row_n])]


def _visits(scene: Scene, visits: Visits, tests: Tests) -> None:
    """The steps of visits, among visits that end in the same way."""
    first = [name.partition(">")[2] for name in visits.steps if name.startswith(f"{BEGIN}>")]
    for name, made_v in visits.steps.items():
        before, _, behind = name.partition(">")
        other = first if before == BEGIN else []  # a visit that begins with one thing begins with no other
        look = flag_look(scene, f"step {name} of a visit", (name, before, behind, *other, "steps"), made_v[scene.row_n])
        for subject in scene.subjects:
            tests.add(compare(scene, tests.family, subject, look, visits.last_v[scene.row_n]))


def _on_cards(scene: Scene, derived: Derived) -> Iterator[tuple[Look, Int64]]:
    """What a card did before, among rows that are alike in what they do now."""
    for name in _FOLLOWED:
        column = scene.columns.get(name)
        if column is None or column.kind != "code" or scene.card is None or "time" not in scene.columns:
            continue
        before = derived.before(column)
        now_n = column.values_t[scene.row_n].astype(np.int64) + 1
        yield scene.look_at(before, f"{name} of the card's row before", (*tags_of(column), "steps")), now_n
