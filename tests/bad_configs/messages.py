"""What a user reads about a bad configuration."""

from contextlib import chdir
from pathlib import Path

from synth.config.compose.folders import MARKER
from synth.engine.prepare import prepare
from synth.errors import ConfigError, RefusedError
from tests.bad_configs.cases import Case
from tests.bad_configs.pinned import load_pinned

HERE = Path(__file__).parent


def refusal(case: Case, directory: Path) -> ConfigError | RefusedError | None:
    """The error of a case that is composed in an empty directory; None when the configuration is taken."""
    for name, text in case.files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if case.files:
        (directory / "conf" / MARKER).touch()
    with chdir(directory):
        before = sorted(directory.rglob("*"))
        try:
            recipe = load_pinned(case.overrides)
            if case.planned:
                prepare(recipe)
        except (ConfigError, RefusedError) as error:
            assert sorted(directory.rglob("*")) == before
            return error
    return None


def expected(name: str) -> Path:
    """The file that holds a case's text."""
    return HERE / f"{name}.out"
