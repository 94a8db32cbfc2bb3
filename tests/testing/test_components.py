"""Every built-in component, and every plugin that comes with synth, keeps its contract."""

from pathlib import Path

import pytest

from synth.config.catalog import HOOKS
from synth.testing import contract_for
from synth.testing.bench import load

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
#: Packages of their own; the others are installed with synth.
PACKAGES = sorted(path.parent for path in PLUGINS.glob("*/pyproject.toml"))
#: Beside their other tests: what needs a server or an environment of its own, a generator with all that it can do.
ELSEWHERE = {("sink", "postgres"), ("runner", "spark"), ("runner", "ray"), ("generator", "spending")}
FILES = [*sorted(PLUGINS.glob("examples/*.py")), *PACKAGES]


def components() -> list[tuple[str, str, tuple[Path, ...]]]:
    """(group, kind, plugin files) of each."""
    found: list[tuple[str, str, tuple[Path, ...]]] = []
    for file in (None, *FILES):
        files = (file,) if file else ()
        providers = load(files).providers
        for provider in providers[-1:] if file else providers:
            found += [(group, kind, files) for group, kinds in provider.provides.items() for kind in kinds]
    return [component for component in found if component[:2] not in ELSEWHERE]


COMPONENTS = components()

for _group, _kind, _files in COMPONENTS:
    _name = "Test" + _kind.title().replace("_", "") + _group.title()
    _contract = contract_for(_group, load(_files).find(_group, _kind))
    globals()[_name] = type(_name, (_contract,), {"kind": _kind, "plugin_files": _files, "__module__": __name__})


@pytest.mark.parametrize("group", HOOKS)
def test_no_group_is_empty(group: str) -> None:
    assert [kind for named, kind, files in COMPONENTS if named == group and not files]


def test_every_plugin_that_comes_along_is_checked() -> None:
    assert len(FILES) >= 4
    assert {files[0] for _, _, files in COMPONENTS if files} == set(FILES)
    assert {"kafka", "duckdb", "delta"} <= {kind for _, kind, files in COMPONENTS if not files}
