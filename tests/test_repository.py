"""The tree itself: what must be in it, what must not, and how large a file may grow."""

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest
import yaml

import synth

ROOT = Path(__file__).resolve().parent.parent
TOP_FILES = (
    ".ci/run",
    ".gitignore",
    "CHANGELOG.md",
    "CITATION.cff",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "NOTICE",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "conf/config.yaml",
    "constraints.txt",
    "docs/decisions/0000-template.md",
    "pyproject.toml",
    "synth/py.typed",
)
SOURCE_FOLDERS = ("synth", "conf", "plugins", "tests", "benchmarks", "docs")
ADDRESS = re.compile(
    r"[a-z+]+://"
    r"|(?<![\w.=])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])"  # what stands behind == is a version
    r"|(?:^|[\s'\"=@])--?(?:(?:extra-)?index-url|find-links|trusted-host)\b"
    r"|\b[\w-]+\.(?:com|org|net|io|dev|internal|local|lan)\b(?!\()",
    re.IGNORECASE,
)


def committed_lists() -> list[Path]:
    """Every *.txt, *.toml and *.lock of the project: at the top, and below its source folders."""
    folders = [ROOT / name for name in SOURCE_FOLDERS]
    nested = [path for folder in folders for path in folder.rglob("*")]
    return [p for p in (*ROOT.iterdir(), *nested) if p.suffix in {".txt", ".toml", ".lock"} and p.name != "uv.lock"]


@pytest.mark.parametrize("name", TOP_FILES)
def test_the_top_files_are_there(name: str) -> None:
    assert (ROOT / name).is_file()


def test_no_list_of_packages_names_an_index_or_a_host() -> None:
    lists = committed_lists()
    assert {ROOT / "pyproject.toml", ROOT / "constraints.txt"} <= set(lists)
    found = {path.name: ADDRESS.findall(path.read_text(encoding="utf-8")) for path in lists}
    assert {name: hits for name, hits in found.items() if hits} == {}


@pytest.mark.parametrize(
    "line",
    [
        "pkg @ https://files.example/pkg.whl",
        "--index-url x",
        "source = { registry = 'pypi.org' }",
        "-f 10.1.2.3",
        "--find-links /wheels",
    ],
)
def test_the_address_check_finds_an_address(line: str) -> None:
    assert ADDRESS.search(line)


@pytest.mark.parametrize("line", ["boto3-stubs[s3,sts]>=1.36", "pkg==1.2.3", '"numpy.random.seed".msg = "x"'])
def test_the_address_check_lets_a_package_pass(line: str) -> None:
    assert not ADDRESS.search(line)


def test_every_pin_is_a_name_and_a_version() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) > 50
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line)] == []


def test_every_dependency_is_pinned() -> None:
    file = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project, groups = file["project"], [*file["dependency-groups"].values()]
    wanted = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    wanted = [need for need in wanted if not need.startswith(project["name"])]
    wanted += [need for need in chain(*groups) if isinstance(need, str)]
    names = {re.split(r"[\[<>=!~ ]", need)[0].lower() for need in wanted}
    pinned = {line.split("==")[0] for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()}
    assert len(names) > 15
    assert names - pinned == set()


def test_no_source_file_outgrows_300_lines() -> None:
    lines = {p: len(p.read_text(encoding="utf-8").splitlines()) for p in (ROOT / "synth").rglob("*.py")}
    assert lines
    assert {p.relative_to(ROOT): count for p, count in lines.items() if count > 300} == {}


def test_the_wheel_carries_conf_and_the_sdist_everything() -> None:
    targets = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    assert "conf" in targets["wheel"]["only-include"]
    assert targets["wheel"]["sources"]["conf"] == "synth/conf"
    assert "sdist" not in targets, "it carries everything that is no build's or run's, which .gitignore says"


def test_the_wheel_carries_every_plugin_that_is_no_package_of_its_own() -> None:
    file = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packed = {path.name for path in (ROOT / "plugins").glob("synth_*/") if (path / "__init__.py").is_file()}
    wheel = file["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {path for path in wheel["only-include"] if path.startswith("plugins/")} == {f"plugins/{p}" for p in packed}
    points = file["project"]["entry-points"]["synth"]
    assert {value.partition(" ")[0] for value in points.values()} == packed
    assert set(file["project"]["optional-dependencies"]) == {*points, "all", "report"}


NAMES = sorted(path.parent.name for path in (ROOT / "plugins").glob("*/pyproject.toml"))


def test_no_page_installs_a_name_that_nobody_has_registered() -> None:
    """Whoever registered one would get everybody who reads the page."""
    names = "|".join(["synth-fraud", "synth-kafka", "synth-sql", "synth-lakehouse", "synth-prometheus", *NAMES])
    told = re.compile(rf"(?:install|--with|uvx|add)\b[^\n`]*?(?<![\w/.-])(?:{names})\b(?!(?:\[[\w,]*\])? @ )")
    pages = [p for p in ROOT.rglob("*") if p.suffix in (".md", ".py", ".toml") and not p.is_relative_to(ROOT / "tests")]
    pages = [p for p in pages if not any(part.startswith(".") or part == "build" for part in p.relative_to(ROOT).parts)]
    assert told.search("$ pip install synth-velocity")
    assert told.search("$ pip install 'synth-fraud[kafka]'")
    assert not told.search("$ pip install 'synth-fraud[kafka] @ git+REPOSITORY'")
    assert not told.search("$ pip install . ./plugins/synth-velocity")
    assert len(pages) > 100
    found = {p.relative_to(ROOT).as_posix(): told.findall(p.read_text(encoding="utf-8")) for p in pages}
    allowed = {"docs/decisions/0022-plugins-of-the-wheel-sleep-without-their-libraries.md"}
    assert {page for page, hits in found.items() if hits} <= allowed


def test_the_page_of_the_package_leads_nowhere_that_an_index_does_not_have() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = (ROOT / project["readme"]).read_text(encoding="utf-8")
    assert re.findall(r"\]\((?!https?://)|<(?:img|a)\b", page) == []
    assert all(f"`{extra}`" in page for extra in project["optional-dependencies"])
    assert "urls" not in project, "there is no public address that would be true"


def test_data_of_others_stands_in_the_notice() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    data = [p.relative_to(ROOT).as_posix() for p in (ROOT / "synth").rglob("*.csv")]
    assert data
    assert [path for path in data if path not in notice] == []


@pytest.mark.parametrize("package", [path.parent for path in (ROOT / "plugins").glob("*/pyproject.toml")], ids=str)
def test_a_package_of_its_own_carries_its_license_and_its_types(package: Path) -> None:
    assert (package / "LICENSE").read_text(encoding="utf-8") == (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]["license-files"]


def test_every_package_says_that_it_is_typed() -> None:
    roots = [path.parent for path in (ROOT / "plugins").glob("**/synth_*/__init__.py")]
    assert len(roots) > 5
    assert [root.name for root in [*roots, ROOT / "synth"] if not (root / "py.typed").is_file()] == []


def test_the_citation_names_this_version() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert cited["version"] == synth.__version__
    assert cited["license"] in project["license"]
    assert [author["name"] for author in cited["authors"]] == [author["name"] for author in project["authors"]]


@pytest.mark.parametrize("path", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda path: path.name)
def test_a_workflow_is_yaml_with_jobs(path: Path) -> None:
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]


def test_the_changelog_keeps_its_form() -> None:
    _, *versions = re.split(r"^## ", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert versions[0].startswith("[Unreleased]")
    for version in versions:
        sections = re.findall(r"^### (.+)$", version, re.MULTILINE)
        assert sections
        assert len(sections) == len(set(sections)), sections
        assert set(sections) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
