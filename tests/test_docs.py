"""The docs say what the code does."""

import re
import runpy
from pathlib import Path

import pytest

import synth
from synth.check.verify import verify
from synth.config.catalog import load_catalog
from synth.tables.declared import EVENT_COLUMNS
from tests.faults.kinds import kinds

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("plugins/*/README.md"), ROOT / "benchmarks/README.md"]
)


@pytest.mark.parametrize(
    "writer",
    ["write_reference.py", "write_hooks.py", "write_api.py", "write_plugins.py", "write_sinks.py", "write_truth.py"],
)
def test_the_reference_is_written_from_the_code_of_today(writer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    monkeypatch.setattr("sys.argv", [writer, "--check"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(f"docs/{writer}", run_name="__main__")
    assert not ended.value.code


LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)")


def anchors(page: Path) -> set[str]:
    """What a code host, and the site, make of the headings."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    links = [(page.parent / target if target else page, anchor) for target, anchor in LINK.findall(page.read_text())]
    assert not [f"{target}" for target, _ in links if not target.exists()]
    assert not [f"{target}#{anchor}" for target, anchor in links if anchor and anchor not in anchors(target)]


def test_a_link_to_no_heading_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A page, of `two` words\n\n[there](#a-page-of-two-words) [nowhere](#b)\n")
    assert {anchor in anchors(page) for _, anchor in LINK.findall(page.read_text())} == {True, False}


@pytest.mark.parametrize("group", ["experiment", "scenario"])
def test_the_gallery_has_a_picture_of_each(group: str) -> None:
    page = (ROOT / "docs/gallery.md").read_text()
    names = [path.stem for path in (ROOT / "conf" / group).glob("*.yaml")]
    assert names
    assert [name for name in names if f"### {name}\n" not in page] == []


def test_every_choice_of_the_command_line_stands_on_a_page() -> None:
    pages = "".join(page.read_text() for page in PAGES)
    choices = [
        f"{path.parent.name}={path.stem}" for path in (ROOT / "conf").glob("*/*.yaml") if path.parent.name != "hydra"
    ]
    assert choices
    assert not [choice for choice in choices if choice not in pages]


def test_the_examples_of_the_plugins_page_work(tmp_path: Path) -> None:
    page = (ROOT / "docs/plugins.md").read_text()
    [presets], code = (re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL) for kind in ("yaml", "python"))
    (tmp_path / "card_testing.yaml").write_text(presets)
    (tmp_path / "card_testing.py").write_text((ROOT / "plugins/examples/card_testing.py").read_text())
    (tmp_path / "ledger.py").write_text("".join(code))
    words = ("columns=ledger", "generator.transactions=30000", f"sink.parquet.uri={tmp_path}/out")
    result = synth.run("scenario=card_testing_deep", *words, plugins_dirs=[tmp_path])
    assert result.fraud_rows == 30
    report = verify(f"{tmp_path}/out", catalog=load_catalog(plugins_dirs=[tmp_path]))
    [check] = [check for check in report.checks if check.name == "ledger: no large amounts"]
    assert check.ok is not None


def test_the_page_of_faults_has_every_kind_of_place_killed_or_not_yet() -> None:
    page = (ROOT / "docs/faults.md").read_text()
    killed = set(re.findall(r"^\| ([a-z][^|]*?) \| \d", page, re.MULTILINE))
    spared = re.findall(r"^Not killed so far: (.+?)\.$", page, re.MULTILINE | re.DOTALL)[0]
    not_yet = set(" ".join(spared.split()).split("; "))
    names = {kind.name for kind in kinds()}
    assert killed | not_yet >= names
    assert not_yet & killed == set()


def test_the_page_of_outputs_names_every_column_of_truth() -> None:
    page = (ROOT / "docs/output.md").read_text()
    section = page.partition("## Which columns are truth\n")[2].partition("\n## ")[0]
    by_role = {name: column.role for name, column in EVENT_COLUMNS.items()}
    truth = {name for name, role in by_role.items() if role == "truth"}
    named = set(re.findall(r"`(\w+)`", section.partition(" in the transactions")[0]))
    assert named == truth
    assert by_role["observed_label"] == "observation"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_readers_see_the_name_of_each_file(page: Path) -> None:
    """What stands beside the language of a block, nobody is shown."""
    text = page.read_text()
    shown = re.sub(r"^```.+$", "```", text, flags=re.MULTILINE)
    assert [name for name in re.findall(r"^```\w+ file=(\S+)$", text, re.MULTILINE) if name not in shown] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_word_is_taken_for_a_tag(page: Path) -> None:
    """Of ``sink.<name>`` outside of code nobody sees the name."""
    text = re.sub(r"^```.*?^```|`[^`]*`", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    assert re.findall(r"(?<!\\)<[A-Za-z][^ >]*>", text) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_run_or_a_comment_says_why_not(page: Path) -> None:
    """`make readme` runs the console blocks of README, docs/ and plugins/."""
    blocks = re.findall(
        r"(<!-- (?:not run|server): .+ -->\n)?^```([^\n`]*)\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL
    )
    assert not [body for _, language, body in blocks if not language]
    assert not [body for why, language, body in blocks if language in ("bash", "sh", "shell") and not why]
    assert not [body for _, language, body in blocks if language == "console" and not body.startswith("$ ")]
