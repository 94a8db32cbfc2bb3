"""Mistakes in a pattern's file are told in the author's words, with the file and the line."""

from pathlib import Path

import pytest

from synth.cli.scaffold import KINDS, write_module
from synth.config.catalog import load_catalog
from synth.errors import PluginError
from tests.cli.commands import synth

TEXT = write_module("tapper", "injector")["tapper.py"]

#: What stands in the file, what stands there instead, what is told, and the line that is named.
UNUSABLE = {
    "no return": (
        "    return [Spec(TapperConfig, Tapper)]",
        "    [Spec(TapperConfig, Tapper)]",
        "hook 'synth_injectors' returned nothing: is its 'return' missing?",
        "@hookimpl",
    ),
    "a tuple of one without its comma": (
        'roles = ("purchase",)',
        'roles = ("purchase")',
        "roles of scenario 'tapper' is the text 'purchase', not a tuple of names such as ('probe', 'spend'); "
        "is a comma missing?",
        "    roles = ",
    ),
    "two names without a comma": (
        'roles = ("purchase",)',
        'roles: tuple[str, ...] = ("purchase" "spend")',
        "roles of scenario 'tapper' is the text 'purchasespend'",
        "    roles: ",
    ),
    "no roles": (
        '    roles = ("purchase",)\n',
        "",
        "the class of scenario 'tapper' has no roles, a tuple of names such as ('probe', 'spend')",
        "class Tapper(",
    ),
    "no length": (
        """    @property
    def length(self) -> Length:
        \"\"\"Events of an episode.\"\"\"
        return self.config.purchases

""",
        "",
        "the class of scenario 'tapper' has no length, a synth.Length",
        "class Tapper(",
    ),
    "a length that is a number": (
        """    @property
    def length(self) -> Length:
        \"\"\"Events of an episode.\"\"\"
        return self.config.purchases
""",
        "    length = 5",
        "length of scenario 'tapper' is 5, not a synth.Length",
        "    length = ",
    ),
    "a signal that is a text": (
        'expected_signal = ("amount",)',
        'expected_signal = "amount"',
        "expected_signal of scenario 'tapper' is the text 'amount', not a tuple of names such as ('amount',); ",
        "    expected_signal = ",
    ),
}


def edited(tmp_path: Path, old: str, new: str) -> tuple[Path, str]:
    """A pattern with a mistake in it."""
    assert TEXT.count(old) == 1
    path, text = tmp_path / "tapper.py", TEXT.replace(old, new)
    path.write_text(text)
    return path, text


@pytest.mark.parametrize("mistake", UNUSABLE)
def test_a_file_that_cannot_be_used(mistake: str, tmp_path: Path) -> None:
    old, new, told, begins = UNUSABLE[mistake]
    path, text = edited(tmp_path, old, new)
    with pytest.raises(PluginError) as refused:
        load_catalog([path])
    line = next(at for at, each in enumerate(text.splitlines(), 1) if each.startswith(begins))
    assert told in str(refused.value)
    assert str(refused.value).endswith(f"tapper.py:{line})")


@pytest.mark.parametrize(
    "new",
    [
        "    def __init__(self, config: TapperConfig) -> None:\n"
        "        super().__init__(config)\n"
        '        self.roles = ("purchase",)\n',
        '    @property\n    def roles(self) -> tuple[str, ...]:\n        return ("purchase",)\n',
    ],
    ids=["of each instance", "a property"],
)
def test_roles_that_a_class_makes_for_itself_are_no_mistake(new: str, tmp_path: Path) -> None:
    path, _ = edited(tmp_path, '    roles = ("purchase",)\n', new)
    assert load_catalog([path]).find("scenario", "tapper")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "sprees.gaps(self.gap_s.min, self.gap_s.max)",
            "sprees.gaps(600, 60)",
            "gaps(600, 60): the shortest gap comes",
        ),
        ("sprees.gaps(self.gap_s.min, self.gap_s.max)", "sprees.gaps(-5, 60)", "gaps(-5, 60): the shortest gap comes"),
        ("amounts_between(5, 50)", "amounts_between(50, 5)", "amounts_between(50, 5): the lower bound comes"),
        ('roles = ("purchase",)', 'roles = ("purchase" "spend", "x")', "no role 'purchase'; the injector's roles are"),
    ],
)
def test_a_plan_that_cannot_be_made(old: str, new: str, told: str, tmp_path: Path) -> None:
    _, text = edited(tmp_path, old, new)
    recipe = ("scenario=tapper", "generator.transactions=3000", "population.cards=500")
    line = synth("preview", "--plugin", "tapper.py", *recipe, cwd=tmp_path).one_line()
    assert told in line
    if "(" in told:
        number = next(at for at, each in enumerate(text.splitlines(), 1) if f"sprees.{told.partition('(')[0]}(" in each)
        assert f"(tapper.py:{number})" in line


@pytest.mark.parametrize("word", KINDS)
def test_a_new_plugin_of_a_kind_or_its_group(word: str, tmp_path: Path) -> None:
    assert synth("plugins", "new", "tapper", "--kind", word, cwd=tmp_path).code == 0
    assert (tmp_path / "tapper.py").read_text() == write_module("tapper", KINDS[word])["tapper.py"]
