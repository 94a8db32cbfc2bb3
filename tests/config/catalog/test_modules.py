"""Where plugins are loaded from: files, package folders, folders of them."""

import sys
from pathlib import Path

import pytest

import synth
from synth.config.catalog import Catalog, load_catalog
from synth.config.recipe import load_recipe
from synth.errors import ConfigError, PluginError
from tests.config.catalog.plugins import DEMANDING, PATTERN, hook, write

TINY = ("generator.transactions=3000", "block_rows=1000", "population.cards=500")


def own(catalog: Catalog) -> dict[str, str]:
    """The errors of the plugins in files, by name in the order of loading."""
    return {p.name: p.error for p in catalog.providers if "/" in p.source}


def write_package(folder: Path) -> Path:
    """A package whose parts import each other."""
    write(folder / "__init__.py", "from .patterns import *\nfrom . import patterns\n__version__ = '2.1'\n")
    write(folder / "patterns/__init__.py", "from .chain import synth_injectors\n")
    write(folder / "patterns/chain.py", PATTERN, folder.name)
    return folder


@pytest.mark.parametrize("path", ["mine", "mine/", "mine/__init__.py"])
def test_a_package_folder_is_a_plugin(path: str, tmp_path: Path) -> None:
    write_package(tmp_path / "mine")
    [_, provider] = load_catalog([tmp_path / path]).providers
    assert (provider.name, provider.version, provider.provides) == ("mine", "2.1", {"scenario": ["mine"]})
    [(_, spec)] = provider.specs
    assert spec.config.__module__ == "synth_plugin_mine.patterns.chain"


def test_a_package_is_loaded_anew_with_all_its_parts(tmp_path: Path) -> None:
    first, second = write_package(tmp_path / "a/mine"), write_package(tmp_path / "b/mine")
    chain = second / "patterns/chain.py"
    chain.write_text(chain.read_text().replace('"mine"', '"other"'))
    assert load_catalog([first]).providers[1].provides == {"scenario": ["mine"]}
    assert load_catalog([second]).providers[1].provides == {"scenario": ["other"]}


def test_nothing_stays_of_a_package_that_cannot_be_loaded(tmp_path: Path) -> None:
    package = write_package(tmp_path / "mine")
    write(package / "__init__.py", "from . import patterns\nimport no_such_library\n")
    with pytest.raises(PluginError, match="no_such_library"):
        load_catalog([package])
    assert not [name for name in sys.modules if name.startswith("synth_plugin_mine")]


def test_a_folder_is_no_package(tmp_path: Path) -> None:
    with pytest.raises(
        PluginError, match=r"a folder without __init__\.py; --plugins-dir loads the modules in a folder"
    ):
        load_catalog([tmp_path])


def test_a_folder_of_plugins_is_loaded_in_name_order(tmp_path: Path) -> None:
    for name in ("zebra.py", "ant.py", "_helper.py", ".hidden.py", "notes.txt"):
        write(tmp_path / name, PATTERN)
    write_package(tmp_path / "mole")
    write_package(tmp_path / "_private")
    (tmp_path / "no_package").mkdir()
    assert own(load_catalog(plugins_dirs=[tmp_path])) == {"ant": "", "mole": "", "zebra": ""}


def test_a_broken_module_in_a_folder_hurts_who_needs_it(tmp_path: Path) -> None:
    write(tmp_path / "broken.py", "import no_such_library")
    write(tmp_path / "good.py", PATTERN)
    assert own(load_catalog(plugins_dirs=[tmp_path])) == {
        "broken": "ModuleNotFoundError: No module named 'no_such_library'",
        "good": "",
    }
    assert len(synth.generate("scenario=good", *TINY, plugins_dirs=[tmp_path])) == 3000
    with pytest.raises(PluginError, match=r"plugin .*broken\.py cannot be used: ModuleNotFoundError"):
        load_catalog([tmp_path / "broken.py"], [tmp_path])
    for wrong in ("scenario=broken", "+scenario.x.kind=broken"):
        with pytest.raises(ConfigError, match=r"plugin 'broken' \(.*broken\.py\) could not be loaded: ModuleNotFound"):
            load_recipe([wrong], plugins_dirs=[tmp_path])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise ValueError('two\\nlines, password=hunter2')", "ValueError: two lines, password=***"),
    ],
)
def test_whatever_is_raised_is_told_in_one_line(text: str, told: str, tmp_path: Path) -> None:
    write(tmp_path / "broken.py", text)
    assert own(load_catalog(plugins_dirs=[tmp_path])) == {"broken": told}


def test_an_interrupt_is_no_failure_of_the_plugin(tmp_path: Path) -> None:
    write(tmp_path / "slow.py", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load_catalog(plugins_dirs=[tmp_path])


def test_what_a_plugin_prints_goes_to_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    noisy = hook("synth_injectors", "print('in a hook') or []", "print('at import')")
    load_catalog([write(tmp_path / "noisy.py", noisy)])
    assert capsys.readouterr() == ("", "at import\nin a hook\n")


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"there is no folder '.*nowhere' to load plugins from"):
        load_catalog(plugins_dirs=[tmp_path / "nowhere"])


def test_a_folder_without_modules_names_those_below(tmp_path: Path) -> None:
    write(tmp_path / "_skipped.py", PATTERN)
    told = r"folder '.*' holds no plugin: neither a file \*\.py nor a folder with __init__\.py or a package's project,"
    with pytest.raises(PluginError, match=told) as refused:
        load_catalog(plugins_dirs=[tmp_path])
    assert "there are some" not in str(refused.value)
    write(tmp_path / "b/mine.py", PATTERN)
    write_package(tmp_path / "a/mine")
    with pytest.raises(PluginError, match=r"; there are some in .*/a, .*/b$"):
        load_catalog(plugins_dirs=[tmp_path])


def test_a_module_that_is_named_twice_is_loaded_once(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.py", PATTERN)
    assert own(load_catalog([path, path], [tmp_path, tmp_path])) == {"mine": ""}


def test_namesakes_in_folders_are_kept_as_broken(tmp_path: Path) -> None:
    write(tmp_path / "a/mine.py", PATTERN)
    write(tmp_path / "b/mine.py", DEMANDING)
    catalog = load_catalog(plugins_dirs=[tmp_path / "a", tmp_path / "b"])
    [first, second] = catalog.providers[1:]
    assert (first.error, second.provides) == ("", {})
    assert second.error == f"two plugins are named 'mine': {tmp_path}/a/mine.py and {tmp_path}/b/mine.py; rename one"
