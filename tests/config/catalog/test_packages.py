"""Packages that are not installed: their projects, as they are shipped and as ``synth plugins new`` writes them."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import synth
from synth.cli.scaffold import GROUPS, write_package
from synth.config.catalog import load_catalog
from synth.config.recipe import load_recipe
from synth.errors import PluginError
from tests.cli.commands import synth as command
from tests.config.catalog.plugins import PATTERN, write

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
SHIPPED = sorted(path.parent for path in PLUGINS.glob("*/pyproject.toml"))

#: How the folder of a package can be named: its project, the package in it, and the file in that.
FORMS = {
    "project": lambda folder: folder,
    "package": lambda folder: _inner(folder),
    "file": lambda folder: _inner(folder) / "__init__.py",
}

PROJECT = """
[project]
name = "acme-patterns"
version = "3.2"
dependencies = ["acme-sums>=1"]
[project.entry-points.synth]
mine = "acme_patterns"
"""


def _inner(folder: Path) -> Path:
    [init] = folder.glob("synth_*/__init__.py")
    return init.parent


@pytest.fixture(autouse=True)
def only_here() -> Iterator[None]:
    """What a package loads under its own name does not outlive a test."""
    before = dict(sys.modules)
    yield
    for name in [name for name in sys.modules if name not in before and name.startswith(("synth_", "acme_"))]:
        del sys.modules[name]


def scaffold(directory: Path, kind: str, name: str = "night_shift") -> Path:
    files = write_package(name, kind)
    for path, text in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text)
    return directory / next(iter(files)).partition("/")[0]


def list_choices(folder: Path) -> list[str]:
    """The options that a package ships as YAML."""
    files = [file.relative_to(_inner(folder) / "conf") for file in folder.glob("synth_*/conf/*/*.yaml")]
    return [f"{file.parent.name}={file.stem}" for file in sorted(files)]


def problems_of(choice: str, path: Path) -> list[str]:
    """What keeps a choice from being taken."""
    try:
        load_recipe([choice], plugin_files=[path])
    except synth.ConfigError as error:
        return [problem.message for problem in error.problems]
    return []


def test_there_are_packages() -> None:
    assert len(SHIPPED) > 1
    assert len([choice for folder in SHIPPED for choice in list_choices(folder)]) > 2


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_a_package_is_taken_as_it_is_shipped(folder: Path, form: str) -> None:
    path = FORMS[form](folder)
    [_, provider] = load_catalog([path]).providers
    assert (provider.name, provider.version, provider.error) == (folder.name.removeprefix("synth-"), "0.1.0", "")
    wrong = [message for choice in list_choices(folder) for message in problems_of(choice, path)]
    assert not [message for message in wrong if "needs a value" not in message]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", GROUPS)
def test_a_package_is_taken_as_it_is_begun(
    kind: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = FORMS[form](scaffold(tmp_path, kind))
    [_, provider] = load_catalog([path]).providers
    assert (provider.name, provider.provides) == ("night_shift", {GROUPS[kind]: ["night_shift"]})
    for option in ("night_shift", "night_shift_preset"):
        load_recipe([f"{GROUPS[kind]}={option}"], plugin_files=[path])


def test_all_projects_of_a_folder_are_loaded() -> None:
    catalog = load_catalog(plugins_dirs=[PLUGINS])
    assert {each.name: each.error for each in catalog.providers if Path(each.source) in SHIPPED} == {
        folder.name.removeprefix("synth-"): "" for folder in SHIPPED
    }


def test_a_package_is_checked_by_its_file(tmp_path: Path) -> None:
    init = FORMS["file"](scaffold(tmp_path, "amount")).relative_to(tmp_path)
    told = command("plugins", "check", str(init), cwd=tmp_path)
    assert told.code == 0, told.err
    assert told.out.splitlines()[0] == "amount night_shift"


def write_project(folder: Path, text: str = PROJECT, module: str = "acme_patterns/__init__.py") -> Path:
    write(folder / "pyproject.toml", text)
    write(folder / module, PATTERN, "mine")
    return folder


@pytest.mark.parametrize(
    "module", ["acme_patterns/__init__.py", "src/acme_patterns/__init__.py", "acme_patterns.py", "src/acme_patterns.py"]
)
def test_where_build_tools_look_for_a_package(module: str, tmp_path: Path) -> None:
    folder = write_project(tmp_path / "acme", module=module)
    [_, provider] = load_catalog([folder]).providers
    assert (provider.name, provider.version, provider.provides) == ("mine", "3.2", {"scenario": ["mine"]})
    [(_, spec)] = provider.specs
    assert spec.config.__module__ == "acme_patterns"


def test_two_plugins_of_a_project_share_their_package(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "acme", PROJECT + 'more = "acme_patterns.more"\n')
    write(folder / "acme_patterns/more.py", PATTERN, "more")
    first, second = load_catalog([folder]).providers[1:]
    assert (first.provides, second.provides) == ({"scenario": ["mine"]}, {"scenario": ["more"]})
    assert sys.modules["acme_patterns"].more is sys.modules["acme_patterns.more"]


def test_a_project_is_loaded_anew(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "acme")
    load_catalog([folder])
    write(folder / "acme_patterns/__init__.py", PATTERN, "other_")
    assert load_catalog([folder]).providers[1].provides == {"scenario": ["other_"]}


NO_TABLE = "there is no [project.entry-points.synth]"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[project\n", "its pyproject.toml cannot be read: Expected ']'"),
        ("", f"its pyproject.toml names no plugin: {NO_TABLE}"),
        ("project = 3\n", f"its pyproject.toml names no plugin: {NO_TABLE}"),
        ("[project]\nentry-points = 3\n", f"its pyproject.toml names no plugin: {NO_TABLE}"),
        ('[project.entry-points.synth]\nx = "1 2"\n', f"its pyproject.toml names no plugin: {NO_TABLE}"),
        (PROJECT.replace('"acme_patterns"', '"acme_other"'),
         "its pyproject.toml names the module 'acme_other', which is neither in the folder nor in its src"),
        (PROJECT.replace('"acme_patterns"', '"acme_patterns.nowhere"'), "No module named 'acme_patterns.nowhere'"),
        (PROJECT.replace('"acme_patterns"', '"acme_patterns:nothing"'), "module 'acme_patterns' has no attribute"),
    ],
)  # fmt: skip
def test_mistakes_of_a_project(text: str, told: str, tmp_path: Path) -> None:
    folder = write_project(tmp_path / "acme", text)
    with pytest.raises(PluginError) as refused:
        load_catalog([folder])
    assert str(refused.value).startswith(f"plugin {folder} cannot be used: ")
    assert told in str(refused.value)


def test_what_a_package_needs_is_told(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "acme")
    write(folder / "acme_patterns/__init__.py", "import acme_sums\n" + PATTERN)
    with pytest.raises(PluginError, match=r"No module named 'acme_sums'; the package needs acme-sums>=1$"):
        load_catalog([folder])


def install(folder: Path, site: Path) -> None:
    """What an installation in development mode leaves: the metadata, and the folder on Python's path."""
    info = site / "acme_patterns-3.2.dist-info"
    write(info / "METADATA", "Metadata-Version: 2.1\nName: acme-patterns\nVersion: 3.2\n")
    write(info / "entry_points.txt", "[synth]\nmine = acme_patterns\n")


@pytest.mark.parametrize("where", ["elsewhere", "in place"])
def test_a_package_that_is_installed_too_is_told_as_that(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_project(tmp_path / "acme")
    install(folder, tmp_path / "site")
    write(tmp_path / "site/acme_patterns.py", PATTERN, "mine")
    monkeypatch.syspath_prepend(str(folder))
    if where == "elsewhere":
        monkeypatch.syspath_prepend(str(tmp_path / "site"))
    else:
        sys.path.insert(1, str(tmp_path / "site"))
    told = (
        "package 'acme-patterns' is installed, and plugin 'mine' is loaded from there already; "
        "leave it out here, or the installed one with SYNTH_DISABLE_PLUGINS=mine"
    )
    with pytest.raises(PluginError) as refused:
        load_catalog([folder])
    assert str(refused.value) == f"plugin {folder} cannot be used: {told}"
    installed, given = load_catalog(plugins_dirs=[tmp_path]).providers[1:]
    assert (installed.error, given.error) == ("", told)
    monkeypatch.setenv("SYNTH_DISABLE_PLUGINS", "mine")
    left_out, given = load_catalog([folder]).providers[1:]
    assert (left_out.disabled, given.provides) == (True, {"scenario": ["mine"]})
