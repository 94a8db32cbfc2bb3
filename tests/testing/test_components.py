"""Every built-in component, and every plugin that comes with synth, keeps its contract."""

import sys
from pathlib import Path

import pytest

from synth.config.catalog import HOOKS, load_catalog
from synth.testing import contract_for

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
PACKAGES = sorted(path.parent for path in PLUGINS.glob("*/*/__init__.py"))
#: Sinks that need a server: beside their other tests.
ELSEWHERE = {("sink", "postgres")}
#: A package that only watches runs, for which there is no kit.
WATCHING = {PLUGINS / "synth-prometheus/synth_prometheus"}
FILES = [
    *sorted(PLUGINS.glob("examples/*.py")),
    *(package / "__init__.py" for package in PACKAGES if package not in WATCHING),
]


def components() -> list[tuple[str, str, tuple[Path, ...]]]:
    """(group, kind, plugin files) of each."""
    sys.path[:0] = [str(package.parent) for package in PACKAGES]
    found: list[tuple[str, str, tuple[Path, ...]]] = []
    for file in (None, *FILES):
        files = (file,) if file else ()
        providers = load_catalog(files).providers
        provides = (providers[-1] if file else providers[0]).provides
        found += [(group, kind, files) for group, kinds in provides.items() for kind in kinds]
    return [component for component in found if component[:2] not in ELSEWHERE]


def factory_of(group: str, kind: str, files: tuple[Path, ...]) -> object:
    spec = load_catalog(files).find(group, kind)
    return spec.factory if spec else None


COMPONENTS = components()

for _group, _kind, _files in COMPONENTS:
    _name = "Test" + _kind.title().replace("_", "") + _group.title()
    _contract = contract_for(_group, factory_of(_group, _kind, _files))
    globals()[_name] = type(_name, (_contract,), {"kind": _kind, "plugin_files": _files, "__module__": __name__})


@pytest.mark.parametrize("group", HOOKS)
def test_no_group_is_empty(group: str) -> None:
    assert [kind for named, kind, files in COMPONENTS if named == group and not files]


def test_every_plugin_that_comes_along_is_checked() -> None:
    assert len(FILES) >= 4
    assert {files[0] for _, _, files in COMPONENTS if files} == set(FILES)
    assert set(PACKAGES) > WATCHING
