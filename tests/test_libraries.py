"""What decides a byte stands in the recipe or the manifest: libraries, their calendars, and nothing of the system."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

import holidays
import pytest

from synth import run
from synth.check.verify import verify
from synth.config.catalog import load_catalog
from synth.config.recipe import load_recipe
from synth.libraries import BESIDE, DECIDING, EVERYWHERE, PACKAGE, requirements
from tests.golden.runs import RUNS
from tests.outputs import read_manifest, write_manifest

ROOT = Path(__file__).resolve().parents[1]
#: What ``synth init`` writes belongs to others' projects.
PROJECTS = ROOT / "synth/cli/projects"
SOURCES = sorted(
    path
    for pattern in ("synth/**/*.py", "plugins/synth_*/**/*.py")
    for path in ROOT.glob(pattern)
    if PROJECTS not in path.parents
)
SMALL = ("population.cards=40", "generator.transactions=1200", "timeline.end=2022-01-04", "scenario=card_chain")
SHOPPERS = ("experiment=tiny", "timeline.start=2022-12-20", "timeline.end=2023-01-05", "population.tables=[]")


def imported(path: Path) -> Iterator[str]:
    """The modules of libraries that a file imports when it is used; not those for type checking alone."""

    def walk(node: ast.AST) -> Iterator[str]:
        for each in ast.iter_child_nodes(node):
            if isinstance(each, ast.If) and "TYPE_CHECKING" in ast.unparse(each.test):
                continue
            names = [alias.name for alias in each.names] if isinstance(each, ast.Import) else []
            names += [each.module or ""] if isinstance(each, ast.ImportFrom) else []
            tops = (name.partition(".")[0] for name in names)
            yield from (top for top in tops if top not in sys.stdlib_module_names and not top.startswith("synth"))
            yield from walk(each)

    return walk(ast.parse(path.read_text(encoding="utf-8")))


def unregistered(path: Path) -> list[str]:
    """The libraries that a file imports and nobody has said of what they decide, or that they may be used there."""
    module = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removeprefix("plugins.")
    known = {top for top, rooms in DECIDING.items() if any(f"{module}.".startswith(f"{room}.") for room in rooms)}
    if module.partition(".")[0] != "synth":
        known |= {"numpy", "pyarrow", *OF_EXTRAS}
    return sorted({*imported(path)} - known - {*BESIDE})


#: The libraries that extras bring, and their modules; a manifest names those of the plugins that a run used.
EXTRAS = ["kafka", "lakehouse", "prometheus", "ray", "spark", "sql"]
NEEDED = {needed.name for needed in requirements(metadata.distribution(PACKAGE), EXTRAS)}
#: Those of clusters are not installed here; their modules bear their names.
OF_EXTRAS = {"pyspark", "ray"} | {
    top
    for top, packages in metadata.packages_distributions().items()
    if NEEDED & {package.replace("_", "-") for package in packages}
}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_library_is_registered_where_it_is_imported(path: Path) -> None:
    assert unregistered(path) == []


def test_the_walk_finds_what_is_not_registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(SOURCES) > 250
    monkeypatch.setattr("tests.test_libraries.ROOT", tmp_path)
    path = tmp_path / "synth/amount.py"
    path.parent.mkdir()
    path.write_text("def draw():\n    import scipy.stats\n    from faker import Faker\n    import numpy\n")
    assert unregistered(path) == ["faker", "scipy"]


def test_what_is_registered_is_used_and_needed() -> None:
    used = {top for path in SOURCES for top in imported(path)}
    assert {*DECIDING} | {*BESIDE} <= used
    needed = {each.name for each in requirements(metadata.distribution(PACKAGE))}
    assert {*EVERYWHERE} < {*DECIDING} <= needed


@pytest.mark.parametrize(
    ("overrides", "libraries"),
    [
        (SMALL, set()),
        ((*SMALL, "population.profile=faker"), {"faker"}),
        (SHOPPERS, {"faker", "holidays"}),
        ((*SHOPPERS, "generator.holidays=null"), {"faker"}),
        ((*SMALL, "sink=duckdb"), {"duckdb", "pgpq", "psycopg"}),
    ],
    ids=["cards", "profiles", "shoppers", "no holidays", "another sink"],
)
def test_the_manifest_names_the_libraries_that_decided(
    overrides: tuple[str, ...], libraries: set[str], tmp_path: Path
) -> None:
    sink = "duckdb" if "sink=duckdb" in overrides else "parquet"
    versions = run(*overrides, f"sink.{sink}.uri={tmp_path / 'out'}").manifests[sink]["versions"]
    assert set(versions) == {"python", *EVERYWHERE} | libraries
    assert all(versions[name] == metadata.version(name) for name in {*versions} - {"python"})


def test_a_run_names_no_library_that_only_an_earlier_one_used(tmp_path: Path) -> None:
    run(*SHOPPERS, f"sink.parquet.uri={tmp_path / 'first'}")
    assert "faker" not in run(*SMALL, f"sink.parquet.uri={tmp_path / 'second'}").manifests["parquet"]["versions"]


def test_holidays_are_in_the_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe, _, _ = load_recipe(SHOPPERS)
    days = recipe.content["resolved"]["generator"]["holidays"]
    assert days == ["2022-12-25", "2022-12-26", "2023-01-01", "2023-01-02"]
    known = holidays.country_holidays

    def another_version(country: str, years: range) -> Any:
        found = known(country, years=years)
        found[date(2022, 12, 31)] = "a day more"
        return found

    monkeypatch.setattr(holidays, "country_holidays", another_version)
    other, _, _ = load_recipe(SHOPPERS)
    assert other.fingerprint != recipe.fingerprint
    assert {*other.content["resolved"]["generator"]["holidays"]} - {*days} == {"2022-12-31"}


@pytest.mark.parametrize("overrides", [SMALL, (*SHOPPERS, "generator.holidays=null")], ids=["cards", "no holidays"])
def test_a_recipe_without_a_country_has_nothing_resolved(overrides: tuple[str, ...]) -> None:
    assert "resolved" not in load_recipe(overrides)[0].content


def test_verify_says_which_library_is_another(tmp_path: Path) -> None:
    run(*SMALL, f"sink.parquet.uri={tmp_path}")
    catalog = load_catalog()
    assert "libraries" not in [check.name for check in verify(str(tmp_path), catalog=catalog).checks]
    content = read_manifest(tmp_path)
    content["versions"] |= {"faker": "1.0", "no-such-library": "2.0"}
    write_manifest(tmp_path, content)
    report = verify(str(tmp_path), catalog=catalog)
    [note] = [check for check in report.checks if check.name == "libraries"]
    assert report.ok
    assert f"made with faker 1.0, and {metadata.version('faker')} is installed" in note.detail
    assert "made with no-such-library 2.0, and none is installed" in note.detail


CODE = """
import sys
from synth import run
print(run(*sys.argv[1:]).digest)
"""

TELLING = {
    "times as texts": (*SMALL, "+columns.add.when={source: time, format: '%A %a %d %B %b %I:%M %p %Z %z'}"),
    "people in words": RUNS["people in words"],
}


@pytest.mark.parametrize("name", TELLING)
def test_neither_time_zones_nor_locale_decide_a_byte(name: str, tmp_path: Path) -> None:
    """In a far zone, another language, and without Python's data of time zones."""
    made = {}
    for place, env in {
        "here": {"TZ": "UTC", "LC_ALL": "C.UTF-8"},
        "there": {"TZ": "Pacific/Chatham", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "PYTHONTZPATH": ""},
    }.items():
        words = [*TELLING[name], "sink=csv", f"sink.csv.uri={tmp_path / place}"]
        command = [sys.executable, "-c", CODE, *words]
        done = subprocess.run(
            command, cwd=tmp_path, env={**os.environ, **env}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        made[place] = done.stdout, (tmp_path / place / "transactions.csv").read_bytes()
    assert made["here"] == made["there"]


def test_no_code_asks_the_system_for_a_zone_or_a_language() -> None:
    asking = ("zoneinfo", "locale", "tzlocal", "dateutil", "pytz")
    tops = {
        (path.name, name.partition(".")[0])
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not [found for found in tops if found[1] in asking]
