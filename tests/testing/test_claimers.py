"""The checks that only claimers have catch a claimer that breaks their rule, and let the honest one pass."""

from pathlib import Path

import pytest

from synth.config.catalog import load_catalog
from synth.testing import ClaimerContract, check, contract_for
from tests.testing.broken.claimers import EDITS
from tests.testing.edits import HONEST, Edit


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_a_check_catches_the_mistake(edit: Edit, tmp_path: Path) -> None:
    [result] = check("scenario", "marked", plugin_files=[edit.write("marked", tmp_path)], only=edit.check)
    assert result.ok is False, result
    assert edit.seen in result.seen, result.seen


def test_the_honest_claimer_passes() -> None:
    results = check("scenario", "marked", plugin_files=[HONEST / "marked.py"])
    assert not [result for result in results if result.ok is False]
    assert len([result for result in results if result.ok]) >= 30


def test_no_check_of_its_own_lacks_a_broken_claimer() -> None:
    own = {name for name in vars(ClaimerContract) if name.startswith("test_")}
    assert {edit.check for edit in EDITS} == own


def test_the_class_tells_which_contract() -> None:
    spec = load_catalog([HONEST / "marked.py"]).find("scenario", "marked")
    assert contract_for("scenario", spec) is ClaimerContract
    assert contract_for("scenario") is not ClaimerContract
