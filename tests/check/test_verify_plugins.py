"""What plugins have to say of an output."""

from pathlib import Path

import pytest

import synth
from synth.check.reader import open_output
from synth.check.verify import verify
from synth.check.verify.extra import plugin_checks
from synth.config.catalog import load_catalog
from tests.config.catalog.plugins import write

TINY = ("generator.transactions=3000", "block_rows=1000", "population.cards=500", "scenario=card_chain")

CHECKS = """
import synth

def cheap(output):
    for batch in output.batches("transactions"):
        dear = [amount for amount in batch.column("amount").to_pylist() if amount > 100]
        print("looking")
        if dear:
            yield f"{dear[0]}\\nis dear, password=hunter2"

def endless(output):
    while True:
        yield "again"

@synth.hookimpl
def synth_checks():
    return [
        synth.CheckSpec("cheap", cheap, needs=("amount",)),
        synth.CheckSpec("endless", endless),
        synth.CheckSpec("silent", lambda output: iter(())),
        synth.CheckSpec("roles", cheap, needs=("amount", "role")),
        synth.CheckSpec("holders", cheap, needs=("holders",)),
        synth.CheckSpec("labels", lambda output: [], needs=("labels",)),
        synth.CheckSpec("raises", lambda output: 1 / 0),
        synth.CheckSpec("exits", lambda output: exit(3)),
        synth.CheckSpec("no table", lambda output: output.batches("nothing")),
        synth.CheckSpec("nothing", lambda output: None),
        synth.CheckSpec("text", lambda output: "wrong"),
    ]
"""

FOUND = {
    "cheap": (False, " is dear, password=***"),
    "endless": (False, "again, and 999 more"),
    "silent": (True, "nothing is wrong"),
    "roles": (None, "the output has no role"),
    "holders": (None, "the output has no holders"),
    "labels": (True, "nothing is wrong"),
    "raises": (False, "the check failed with ZeroDivisionError: division by zero"),
    "exits": (False, "the check failed with SystemExit: 3"),
    "no table": (False, "holds no table 'nothing', only transactions, labels, episodes"),
    "nothing": (False, "TypeError: it returned None instead of yielding a line for each thing that is wrong"),
    "text": (False, "TypeError: it returned 'wrong' instead of yielding a line for each thing that is wrong"),
}


@pytest.fixture
def place(tmp_path: Path) -> str:
    return synth.run(*TINY, "sink=csv", f"sink.csv.uri={tmp_path}/out").places["csv"]


def test_every_check_is_shown_with_its_plugin(place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalog = load_catalog([write(tmp_path / "mine.py", CHECKS)])
    report = verify(place, catalog=catalog)
    found = {check.name.removeprefix("mine: "): check for check in report.checks if check.name.startswith("mine: ")}
    assert list(found) == list(FOUND)
    for name, (ok, told) in FOUND.items():
        assert (found[name].ok, found[name].detail[-len(told) :]) == (ok, told)
        assert "\n" not in found[name].detail
    assert not report.ok
    assert capsys.readouterr().out == ""


def test_without_plugins_nothing_is_added(place: str) -> None:
    report = verify(place, catalog=load_catalog())
    assert report.ok
    assert not [check for check in report.checks if ": " in check.name and "episodes" not in check.name]
    assert list(plugin_checks(open_output(place), [])) == []
