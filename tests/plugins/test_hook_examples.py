"""Every hook has an example on its page, and every example does what it says."""

from importlib import import_module
from pathlib import Path

import pytest

import synth
from synth.config.catalog import HOOKS, load_catalog
from synth.contracts import hookspecs

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "plugins/examples/hooks"
NAMES = [name for name in vars(hookspecs) if name.startswith("synth_")]
KINDS = {"generator": "my_generator", "scenario": "my_injector", "amount": "my_amount", "runner": "my_runner"}
SMALL = ("generator.transactions=2000", "population.cards=100", "timeline.end=2022-01-08")


@pytest.mark.parametrize("hook", NAMES)
def test_a_hook_has_an_example_that_loads(hook: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    examples = import_module("write_hooks").examples_of(hook)
    assert examples
    assert all(f"[{example.name}](" in (ROOT / "docs/hooks.md").read_text(encoding="utf-8") for example in examples)
    for example in examples:
        load_catalog(plugin_files=[example])  # a file that was asked for by name and is broken is an error


@pytest.mark.parametrize("group", [group for group in HOOKS if group != "sink"])
def test_the_example_of_a_component_makes_rows(group: str, tmp_path: Path) -> None:
    example = ROOT / f"synth/cli/scaffold/{KINDS[group]}.py"
    result = synth.run(f"{group}={example.stem}", *SMALL, f"sink.parquet.uri={tmp_path}", plugin_files=[example])
    assert result.rows == 2000


def test_the_example_of_a_sink_leaves_a_run(tmp_path: Path) -> None:
    file = ROOT / "synth/cli/scaffold/my_sink.py"
    result = synth.run("sink=my_sink", *SMALL, f"sink.my_sink.uri={tmp_path}", plugin_files=[file])
    assert len(result.to_pandas()) == 2000


def test_the_view_shows_what_it_names() -> None:
    frame = synth.generate("columns=ledger", *SMALL, plugin_files=[EXAMPLES / "views.py"])
    assert list(frame.columns) == ["booked", "amount"]


def test_the_check_finds_what_it_is_about(tmp_path: Path) -> None:
    synth.run(*SMALL, f"sink.parquet.uri={tmp_path}")
    report = synth.verify(str(tmp_path), plugin_files=[EXAMPLES / "checks.py"])
    [check] = [check for check in report.checks if check.name == "checks: no large amounts"]
    assert check.ok is False
    assert "amounts above 5,000" in check.detail


def test_the_subscriber_tells_when_a_run_begins_and_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    synth.run(*SMALL, f"sink.parquet.uri={tmp_path}", plugin_files=[EXAMPLES / "subscribers.py"])
    assert capsys.readouterr().err.splitlines() == ["2,000 rows to come", "done"]


def test_the_folder_of_choices_is_searched() -> None:
    frame = synth.generate("amount=pocket_money", *SMALL, plugin_files=[EXAMPLES / "config_roots.py"])
    assert 0.1 <= frame.amount.min() < frame.amount.max() < 10
