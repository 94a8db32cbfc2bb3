"""The docs say what the code does."""

import re
import runpy
from pathlib import Path

import pytest

import synth
from synth.check.verify import verify
from synth.config.catalog import load_catalog

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md"), ROOT / "benchmarks/README.md"]
)


@pytest.mark.parametrize("writer", ["write_reference.py", "write_hooks.py", "write_truth.py"])
def test_the_reference_is_written_from_the_code_of_today(writer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    monkeypatch.setattr("sys.argv", [writer, "--check"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(f"docs/{writer}", run_name="__main__")
    assert not ended.value.code


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert not missing


def yaml_examples() -> list[tuple[str, str]]:
    return re.findall(r"`conf/([\w/]+\.yaml)`:\n\n```yaml\n(.*?)```", (ROOT / "docs/recipes.md").read_text(), re.DOTALL)


def test_the_recipes_page_has_examples() -> None:
    assert [name for name, _ in yaml_examples()] == ["scenario/slow_chain.yaml", "columns/mine.yaml"]


@pytest.mark.parametrize(("name", "text"), yaml_examples())
def test_the_examples_of_the_recipes_page_work(name: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.parent.mkdir()
    file.write_text(text)
    choice = f"{file.parent.name}={file.stem}"
    frame = synth.generate(choice, "generator.transactions=20000", config_dirs=[tmp_path])
    assert len(frame) >= 20_000


def test_every_choice_of_the_command_line_stands_on_the_recipes_page_or_in_the_reference() -> None:
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
