"""Every check catches a plugin that breaks its rule, and lets the honest one pass."""

from pathlib import Path

import pytest

from synth.testing import Result, check, contract_for
from synth.testing.contract import rule_of
from tests.sampling import FULL, sampled
from tests.testing.broken import amounts, generators, leaks, patterns, runners, sinks
from tests.testing.edits import HONEST, Edit

#: Group → kind of its honest plugin, and the edits that break it.
BROKEN = {
    "amount": ("priced", amounts.EDITS),
    "sink": ("kept", sinks.EDITS),
    "runner": ("threaded", runners.EDITS),
    "generator": ("tagged", generators.EDITS),
    "scenario": ("pair", (*patterns.EDITS, *leaks.LEAKS, *leaks.OWN, *leaks.COSTS)),
}
#: The patterns run on a generator with columns of its own.
OVERRIDES = {"scenario": ["generator=tagged"]}
ALL = [(group, kind, edit) for group, (kind, edits) in BROKEN.items() for edit in edits]
#: A mistake for each check, the first one; ``make sweeps`` makes the others, too.
FIRST = {(group, edit.check): (group, kind, edit) for group, kind, edit in reversed(ALL)}
CASES = [
    pytest.param(group, kind, edit, id=f"{group}-{edit.check}-{edit.name}")
    for group, kind, edit in (ALL if FULL else FIRST.values())
]


def only(group: str, check_name: str, kind: str, path: Path) -> Result:
    """The result of one check."""
    rule = rule_of(getattr(contract_for(group), check_name))
    beside = [HONEST / "tagged.py"] if group == "scenario" else []
    [result] = check(group, kind, plugin_files=[path, *beside], only=check_name, overrides=OVERRIDES.get(group, ()))
    assert result.rule == rule
    return result


@pytest.mark.parametrize(("group", "kind", "edit"), sampled(CASES, len(CASES)))
def test_a_check_catches_the_mistake(group: str, kind: str, edit: Edit, tmp_path: Path) -> None:
    result = only(group, edit.check, kind, edit.write(kind, tmp_path))
    assert result.ok is False, result
    assert edit.seen in result.seen, result.seen
    assert "\n" not in result.seen


@pytest.mark.parametrize(("group", "kind"), [(group, kind) for group, (kind, _) in BROKEN.items()])
def test_the_honest_plugin_passes(group: str, kind: str) -> None:
    files = dict.fromkeys([HONEST / f"{kind}.py", HONEST / "tagged.py"])
    results = check(group, kind, plugin_files=[*files], overrides=OVERRIDES.get(group, ()))
    assert not [result for result in results if result.ok is False]
    assert [result for result in results if result.ok]


@pytest.mark.parametrize("group", BROKEN)
def test_no_check_lacks_a_broken_plugin(group: str) -> None:
    caught = {edit.check for edit in BROKEN[group][1]}
    assert caught == set(contract_for(group).checks())
