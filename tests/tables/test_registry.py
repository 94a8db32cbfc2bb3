"""What is declared of tables, and that those who need it take it from there."""

import ast
from pathlib import Path

import pytest

import synth
from synth.check.reader import open_output
from synth.cli import main
from synth.population.config import TABLES as WRITABLE
from synth.sinks.jsonl_stream import CHECKPOINT
from synth.sinks.places import MANIFEST
from synth.tables.people import ENTITY_COLUMNS, LOOKUP_KEYS
from synth.tables.registry import TABLES
from tests.worlds import EVERY_TABLE

SHOPS = (Path(__file__).parents[1] / "generators" / "shops.py").read_text()


def test_there_are_tables() -> None:
    assert len(TABLES) > 10
    assert {*WRITABLE} == {*ENTITY_COLUMNS} <= {*TABLES}


@pytest.mark.parametrize("name", TABLES)
def test_facts_speak_of_columns_that_there_are(name: str) -> None:
    table = TABLES[name]
    assert table.facts.key
    assert table.facts.named <= {*table.columns}
    assert {*table.facts.as_viewed} <= {*table.columns}
    for column in table.columns.values():
        for target in column.references:
            key = [TABLES[target].columns[each] for each in TABLES[target].facts.key]
            assert [each.arrow for each in key] == [column.arrow]


def test_an_entity_is_looked_up_by_a_key() -> None:
    found = {"cards": "card_id", "customers": "card_id"}  # a card leads to its customer
    assert {name: found.get(name, TABLES[name].facts.key[0]) for name in LOOKUP_KEYS} == LOOKUP_KEYS


@pytest.mark.parametrize("name", [MANIFEST, CHECKPOINT])
def test_what_a_place_keeps_beside_tables_begins_as_no_table_does(name: str) -> None:
    assert name.startswith("_")


def test_every_table_says_what_a_row_of_it_is() -> None:
    assert {name for name, table in TABLES.items() if not table.facts.doc} == set()


@pytest.mark.parametrize("name", [*sorted(TABLES), "Clicks", "_shops"])
def test_no_generator_takes_the_name_of_a_table(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 'Entities("shops"' in SHOPS
    (tmp_path / "shops.py").write_text(SHOPS.replace('Entities("shops"', f'Entities("{name}"'))
    monkeypatch.chdir(tmp_path)
    words = ["run", "generator.kind=shops", "generator.transactions=100", "sink=csv", "sink.csv.uri=out"]
    assert main([*words, "--plugin", "shops.py"]) == 1
    told = capsys.readouterr().err
    assert f"made a table '{name}': the name is taken, or no plain word; that is an error in its code" in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", TABLES)
def test_the_reference_tells_every_table_with_its_columns_and_key(name: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference.md").read_text()
    key = ", ".join(f"`{column}`" for column in TABLES[name].facts.key)
    assert f"The {name} table has the key {key} and" in page
    assert all(f"`{column}`" in page for column in TABLES[name].columns)


def test_what_is_declared_of_tables_is_true_of_rows(tmp_path: Path) -> None:
    synth.run(*EVERY_TABLE, "sink=parquet", f"sink.parquet.uri={tmp_path / 'out'}")
    output = open_output(str(tmp_path / "out"))
    assert {*output.manifest["tables"]} == {*TABLES} - {"holders", "noise"}
    for name in output.manifest["tables"]:
        frame, facts = output.to_pandas(name), TABLES[name].facts
        assert len(frame), name
        assert not frame.duplicated([*facts.key]).any(), name
        assert frame.equals(frame.sort_values([*facts.order], kind="stable")), name
        assert not facts.counted or frame[facts.key[0]].tolist() == list(range(len(frame)))


def test_no_plugin_keeps_a_list_of_tables() -> None:
    """What a table is stands in the registry alone; a plugin that names one knows something that nobody told it."""
    plugins = Path(__file__).parents[2] / "plugins"
    files = [path for path in plugins.glob("**/*.py") if not {"conf", "tests", "examples"} & {*path.parts}]
    assert len(files) > 30
    named = {
        (path.relative_to(plugins).as_posix(), node.value)
        for path in files
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in TABLES
    }
    assert named == set()
