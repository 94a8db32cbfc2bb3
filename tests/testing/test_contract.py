"""The kit itself: how an author uses it, in pytest and outside."""

import subprocess
import sys
from pathlib import Path

import pytest

from synth.errors import PluginError
from synth.testing import Broken, InjectorContract, check, contract_for
from synth.testing import __all__ as public
from synth.testing.leaking import LeakChecks
from tests.testing.edits import HONEST
from tests.testing.test_broken import BROKEN

AUTHORS = """
from synth.testing import GeneratorContract, InjectorContract

class TestPair(InjectorContract):
    kind = "pair"
    plugin_files = ("pair.py",)
    overrides = ("scenario.pair.ratio=0.02",)
"""


def test_an_author_inherits_the_checks(tmp_path: Path) -> None:
    """The file is found beside the test, the base classes are not collected, and the checks that fail say why: amounts
    that are twice as high are also more seldom those of others."""
    dear = (HONEST / "pair.py").read_text().replace('rng=streams.draw("amounts"))', 'rng=streams.draw("amounts")) * 2')
    (tmp_path / "pair.py").write_text(dear)
    (tmp_path / "test_pair.py").write_text(AUTHORS)
    (tmp_path / "pytest.ini").write_text("[pytest]\npython_classes = *\naddopts = -p no:cacheprovider\n")
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-n0", "test_pair.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "2 failed" in done.stdout, done.stdout + done.stderr
    assert f"{len(InjectorContract.checks()) - 2} passed" in done.stdout
    assert "Broken: Amounts, their cents and their roundness tell nothing" in done.stdout
    assert "AUC 0." in done.stdout


def test_every_check_has_a_rule_of_one_line() -> None:
    for group in BROKEN:
        for name, rule in contract_for(group).checks().items():
            assert rule
            assert "\n" not in rule, name


def test_a_rule_stands_in_what_is_raised() -> None:
    broken = Broken("two rows", "row 3", "One row")
    assert str(broken) == "One row: two rows (row 3)"
    assert str(Broken("two rows", rule="One row")) == "One row: two rows"


def test_whatever_a_plugin_does_becomes_a_result(tmp_path: Path) -> None:
    text = (HONEST / "pair.py").read_text()
    (tmp_path / "pair_raising.py").write_text(text.replace("ratio = self.config.ratio", 'raise KeyError("x\\ny")'))
    results = check("scenario", "pair", plugin_files=[tmp_path / "pair_raising.py"])
    failed = [result for result in results if result.ok is False]
    assert len(failed) > 20
    assert all("\n" not in result.seen for result in failed)
    assert any(result.seen.startswith("KeyError: 'x\\ny' (pair_raising.py:") for result in failed)
    assert any("its injector Pair failed: KeyError" in result.seen for result in failed)


def test_a_component_that_is_not_there() -> None:
    [result] = check("scenario", "nothing")
    assert (result.rule, result.ok) == ("The component can be loaded", False)
    assert result.seen == "no scenario kind named 'nothing'"


def test_a_plugin_that_cannot_be_loaded(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import nothing_of_that_name")
    [result] = check("scenario", "mine", plugin_files=[tmp_path / "broken.py"])
    assert result.ok is False
    assert "ModuleNotFoundError" in result.seen


def test_what_pytest_raises_for_them() -> None:
    class Nothing(InjectorContract):
        kind = "nothing"

    Nothing.__test__ = False
    with pytest.raises(PluginError, match="no scenario kind named 'nothing'"):
        Nothing().test_no_clock()


def test_too_few_episodes_are_told(tmp_path: Path) -> None:
    text = (HONEST / "pair.py").read_text().replace("n = int(ratio * context.rows) // 2", "n = 30")
    (tmp_path / "pair_few.py").write_text(text)
    [result] = check("scenario", "pair", plugin_files=[tmp_path / "pair_few.py"], only="test_times_do_not_leak")
    assert result.ok is None
    assert result.seen == "too few episodes to judge: 30 of 50; raise them by `overrides`"


def test_what_is_public() -> None:
    import synth.testing

    assert all(hasattr(synth.testing, name) for name in public)
    assert "pytest" not in {module.partition(".")[0] for module in _imports_of_the_kit()}
    assert issubclass(InjectorContract, LeakChecks)


def _imports_of_the_kit() -> list[str]:
    script = "import sys, synth.testing; print(*sys.modules)"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
