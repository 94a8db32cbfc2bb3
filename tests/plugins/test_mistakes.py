"""What beginners get wrong is told in one line: whose it is, what is wrong, and where."""

from pathlib import Path

import pytest

import synth
from synth.cli.scaffold import write_module
from synth.errors import RunError

SMALL = ("generator.transactions=20000", "block_rows=5000")
AMOUNT, ROLE = "sprees.amounts_between(5, 50)", 'sprees.role("purchase")'
GAP = "sprees.gaps(self.gap_s.min, self.gap_s.max)"

PATTERNS = {
    "float amounts": (AMOUNT, f"{AMOUNT} * 1.1", "amount_minor is float64, not an array of whole numbers"),
    "an amount too few": (AMOUNT, f"{AMOUNT}[:-1]", "one value an event"),
    "a list": (AMOUNT, f"list({AMOUNT})", "amount_minor is list, not an array of whole numbers"),
    "an amount an episode": (AMOUNT, f"{AMOUNT}[: len(sprees)]", "one value an event"),
    "unknown role": (ROLE, 'sprees.role("purchased")', "no role 'purchased'; the injector's roles are purchase"),
    "negative gaps": (GAP, f"-{GAP}", "gap_s is below 1 second somewhere"),
    "float starts": (ROLE, f"{ROLE}, start_s=np.zeros(len(sprees))", "start_s is float64"),
    "starts an event": (ROLE, f"{ROLE}, start_s={AMOUNT}", "one value an episode"),
    "nothing": ("        return sprees.finish(", "        sprees.finish(", "plans NoneType instead of FraudEvents"),
    "two lines": (ROLE, f"{ROLE}, card=sprees.nothing", "AttributeError: 'Episodes' object has no attribute 'nothing'"),
}


@pytest.mark.parametrize("mistake", PATTERNS)
def test_in_a_pattern(mistake: str, tmp_path: Path) -> None:
    old, new, told = PATTERNS[mistake]
    ((name, text),) = write_module("first_try", "injector").items()
    assert text.count(old) == 1
    (tmp_path / name).write_text(
        text.replace(old, new).replace("from dataclasses", "import numpy as np\nfrom dataclasses")
    )
    with pytest.raises(RunError) as caught:
        synth.generate("scenario=first_try", *SMALL, plugin_files=[tmp_path / name])
    assert "scenario 'first_try': its injector FirstTry" in str(caught.value)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    if mistake != "nothing":
        assert "(first_try.py:" in str(caught.value)


def test_eligible_victims_may_be_a_mask(tmp_path: Path) -> None:
    ((name, text),) = write_module("first_try", "injector").items()
    text = text.replace(ROLE, f"{ROLE}, card=sprees.victims(eligible=np.arange(context.cards) < 7)")
    (tmp_path / name).write_text(text.replace("from dataclasses", "import numpy as np\nfrom dataclasses"))
    frame = synth.generate("scenario=first_try", "columns=full", *SMALL, plugin_files=[tmp_path / name])
    assert frame[frame.fraud_label == 1].card_id.max() < 7


CHANNELS = 'return {"channel": np.where(rng.random(rows) < self.config.online, 2, in_shop)}'


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("        return Events(", "        Events(", "AttributeError: 'NoneType' object has no attribute"),
        (CHANNELS, CHANNELS.replace("np.where(", "list(np.where(").replace(")}", "))}"), "the generator failed: "),
    ],
)
def test_in_a_generator(old: str, new: str, told: str, tmp_path: Path) -> None:
    ((name, text),) = write_module("first_world", "generator").items()
    assert old in text
    (tmp_path / name).write_text(text.replace(old, new))
    with pytest.raises(RunError) as caught:
        synth.generate("generator=first_world", "generator.transactions=3000", plugin_files=[tmp_path / name])
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_in_a_commit(tmp_path: Path) -> None:
    """The first of two sinks is committed when the second one fails: that is partly done, whatever it raised."""
    ((name, text),) = write_module("first_sink", "sink").items()
    failing = '    def commit(self, manifest: bytes) -> None:\n        raise KeyError("oops")\n\n    @staticmethod\n'
    (tmp_path / name).write_text(text.replace("    @staticmethod\n", failing, 1))
    places = (f"sink.csv.uri={tmp_path}/csv", f"sink.first_sink.uri={tmp_path}/out")
    with pytest.raises(synth.PartlyDone, match="sink 'first_sink' failed after csv had been committed"):
        synth.run("sink=[csv,first_sink]", *places, *SMALL, plugin_files=[tmp_path / name])
    assert (tmp_path / "csv/_truth/_manifest.json").is_file()


@pytest.mark.parametrize("method", ["encode", "open_file", "append", "close"])
def test_in_a_sink(method: str, tmp_path: Path) -> None:
    ((name, text),) = write_module("first_sink", "sink").items()
    at = text.index('"""\n', text.index('"""', text.index(f"def {method}(")) + 3) + 4
    (tmp_path / name).write_text(text[:at] + '        raise KeyError("oops")\n' + text[at:])
    with pytest.raises(RunError, match=r"sink 'first_sink' failed: KeyError: 'oops' \(first_sink.py:"):
        synth.run("sink=first_sink", f"sink.first_sink.uri={tmp_path}/out", *SMALL, plugin_files=[tmp_path / name])
    assert not (tmp_path / "out").exists()
