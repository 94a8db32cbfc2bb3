"""Fifteen mistakes that authors make, each told by the command line in words that lead to it."""

from pathlib import Path

import pytest

from synth.cli import main
from tests.testing.edits import HONEST

RETURN = "        return FraudEvents(episode_f,"
INJECT = "        return super().inject(here)\n"
SMALL = ("generator.transactions=3000", "block_rows=1000", "population.cards=300")

#: What hinders a plugin from being loaded: name → (text of the file, what is told).
UNUSABLE = {
    "import error": ("import nowhere_to_be_found\n", "No module named 'nowhere_to_be_found'"),
    "wrong hook": (
        "import synth\n\n@synth.hookimpl\ndef synth_injector():\n    return []\n",
        "there is no hook 'synth_injector' (did you mean 'synth_injectors'?)",
    ),
    "wrong api": ("import synth\n\nsynth_api = '>=2'\n", "it needs synth's plugin API >=2, this is 1.0"),
}

#: Mistakes in a pattern: name → (text, what stands there instead, rule that is broken, what is told).
BROKEN = {
    "global rng": (
        RETURN,
        f"        card_e[:] = np.random.randint(0, context.cards, n)\n        card_f = card_e[episode_f]\n{RETURN}",
        "The global generators of random and np.random stay untouched",
        "np.random",
    ),
    "wall clock": (
        RETURN,
        f'        __import__("time").time()\n{RETURN}',
        "Nothing asks what time it is",
        "broken.py:",
    ),
    "leak by id": (
        "(context.cards,",
        "(context.cards // 10,",
        "Cards, how much they are used and how fast they travel tell nothing",
        "card_id is less in fraud rows",
    ),
    "leak by order": (
        "end_s - 3600",
        "start_s + 9 * 86_400",
        "The place in the run, the event's ids, and digits and bits of any id or number tell nothing",
        "event_id is less in fraud rows",
    ),
    "leak by cents": (
        RETURN,
        f"        amount_f -= amount_f % 5 * (amount_f > 5)\n{RETURN}",
        "Amounts, their cents and their roundness tell nothing",
        "cents, modulo 5 is 0",
    ),
    "lost label": (
        INJECT,
        "        here = here.take(here.role_f == 0)\n" + INJECT,
        "Every planned event is a row with the label, episode and role that were planned",
        "",
    ),
    "event outside the window": (
        RETURN,
        f"        time_s_f[-1] = context.timeline.end_s\n{RETURN}",
        "Every event lies in the window, on a whole second",
        "outside the window",
    ),
    "row owned twice": (
        RETURN,
        f"        time_s_f[2:4], card_f[2:4] = time_s_f[:2], card_f[:2]\n{RETURN}",
        "No two events of a plan are in one second on one card",
        "",
    ),
    "python loop a row": (
        RETURN,
        f"        for i in range(len(amount_f)):\n            amount_f[i] += 0\n{RETURN}",
        "Planning and injecting run no Python line a row",
        "for i in range(len(amount_f)):",
    ),
    "memory growth": (
        INJECT,
        '        self.seen = [*getattr(self, "seen", []), np.ones((500_000,))]\n' + INJECT,
        "Nothing is kept of the blocks that are done",
        "",
    ),
}


def tell(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str]:
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out + err


def checked(out: str, rule: str) -> str:
    """What was seen of a broken rule."""
    lines = out.splitlines()
    [at] = [i for i, line in enumerate(lines) if line.startswith("  FAILED") and rule in line]
    return lines[at + 1]


@pytest.mark.parametrize("mistake", UNUSABLE)
def test_a_plugin_that_cannot_be_used(mistake: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, told = UNUSABLE[mistake]
    (tmp_path / "broken.py").write_text(text)
    code, out = tell(capsys, "plugins", "check", tmp_path / "broken.py")
    assert code == 2
    assert told in out
    code, out = tell(capsys, "plugins", "list", "--plugins-dir", tmp_path)
    assert code == 0
    assert told in out
    code, out = tell(capsys, "validate", "--plugins-dir", tmp_path, "scenario=broken", *SMALL)
    assert code == 2
    assert "'broken'" in out
    assert told in out
    code, out = tell(
        capsys, "validate", "--plugins-dir", tmp_path, "scenario=card_chain", "generator.transactions=30000"
    )
    assert code == 0


def test_a_clash_names_both_owners(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (HONEST / "pair.py").read_text()
    (tmp_path / "one.py").write_text(text)
    (tmp_path / "other.py").write_text(text)
    code, out = tell(capsys, "validate", "--plugins-dir", tmp_path, "scenario=pair", *SMALL)
    assert code == 2
    assert "scenario kind 'pair' is claimed by 'one' and 'other'" in out
    assert tell(capsys, "validate", "--plugins-dir", tmp_path, *SMALL)[0] == 0


@pytest.mark.parametrize("mistake", BROKEN)
def test_a_pattern_that_breaks_a_rule(mistake: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new, rule, told = BROKEN[mistake]
    text = (HONEST / "pair.py").read_text()
    assert text.count(old) == 1
    (tmp_path / "broken.py").write_text(text.replace(old, new))
    code, out = tell(capsys, "plugins", "check", tmp_path / "broken.py")
    assert code == 1
    assert told in checked(out, rule)


def test_a_generator_that_leaks_by_nulls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, old = (
        (HONEST / "tagged.py").read_text(),
        "return fraud.completed(self.dress(len(fraud.card_t), self.config.ratio,",
    )
    assert text.count(old) == 1
    (tmp_path / "broken.py").write_text(text.replace(old, "return fraud.completed(self.dress(len(fraud.card_t), 0.9,"))
    code, out = tell(capsys, "plugins", "check", tmp_path / "broken.py")
    assert code == 1
    assert "empty" in checked(out, "Card chains that it completes tell nothing but what they declare")
