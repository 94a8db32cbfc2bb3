"""The kit's page lists every check, and shows a class that works."""

import re
from pathlib import Path

from synth.config.catalog import HOOKS
from synth.testing import BlockRunnerContract, ClaimerContract, StreamSinkContract, contract_for
from synth.testing.contract import Contract

CONTRACTS: list[type[Contract]] = [*map(contract_for, HOOKS), ClaimerContract, StreamSinkContract, BlockRunnerContract]
PAGE = (Path(__file__).resolve().parents[2] / "docs/testing.md").read_text()


def test_the_page_lists_every_check_with_its_rule() -> None:
    rows = set(re.findall(r"^\| `(test_\w+)` \| (.+) \|$", PAGE, re.MULTILINE))
    assert rows == {pair for contract in CONTRACTS for pair in contract.checks().items()}


def test_the_checks_of_a_contract_stand_in_its_section() -> None:
    for contract in CONTRACTS:
        [section] = re.findall(rf"^## {contract.__name__}\b.*?(?=^## )", PAGE, re.MULTILINE | re.DOTALL)
        listed = re.findall(r"^\| `(test_\w+)`", section, re.MULTILINE)
        assert listed == [name for name in contract.checks() if not name.startswith("test_config_")]


def test_the_page_shows_every_attribute() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \|$", PAGE, re.MULTILINE)
    shown = {row for row in rows if not row.startswith("test_")}
    assert shown == {"kind", "plugin_files", "option", "overrides", "catalog"}
    assert all(hasattr(contract_for("scenario"), name) for name in shown)
