"""What ``synth schema`` says of the files that people write is what synth takes: every built-in file, every mistake."""

import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from synth.config.compose.sources import builtin_conf
from tests.cli.commands import synth

ROOT = Path(__file__).parents[2]
FILES = sorted(path.relative_to(builtin_conf()) for path in builtin_conf().glob("*/*.yaml"))

#: Keys of a file that are changed, from one end of it to the other.
MOST = 20

#: Pages that show files of a configuration folder.
_SHOWN = re.compile(r"^```yaml file=conf/(\w+)/[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


@cache
def validator(group: str) -> Any:
    schema = json.loads(synth("schema", group, cwd=ROOT).out)
    assert schema["$id"] == f"urn:synth:schema:{group}:1"
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def content(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load((builtin_conf() / path).read_text(encoding="utf-8")))


def told(group: str, written: dict[str, Any]) -> str:
    """What is wrong with a file, as the first branch that it nearly is says it; empty for nothing."""
    error = jsonschema.exceptions.best_match(validator(group).iter_errors(written))
    return error.message if error else ""


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_built_in_file_is_taken(path: Path) -> None:
    assert told(path.parent.name, content(path)) == ""


def paths(written: Any, *above: str) -> Iterator[tuple[str, ...]]:
    """The paths of all keys."""
    if isinstance(written, dict):
        for key, value in written.items():
            yield (*above, key)
            yield from paths(value, *above, key)


def changed(written: dict[str, Any], path: tuple[str, ...], *, name: str = "", value: object = None) -> dict[str, Any]:
    """A copy in which a key has another name, or else another value."""
    made = copy.deepcopy(written)
    section = made
    for key in path[:-1]:
        section = section[key]
    section[name or path[-1]] = section.pop(path[-1]) if name else value
    return made


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_misspelt_key_and_a_value_of_another_type_are_refused(path: Path) -> None:
    """But for names that are free: of scenarios, networks, segments and the like, whose values are sections."""
    is_valid, written = validator(path.parent.name).is_valid, content(path)
    keys = [key for key in paths(written) if "defaults" not in key and "vars" not in key]
    for key in keys[:: 1 + len(keys) // MOST]:
        wrong = {"name": f"{key[-1]}_x"}, {"value": {"no": {"such": "thing"}}}
        assert not all(is_valid(changed(written, key, **each)) for each in wrong), key
        assert is_valid(changed(written, key, value="${vars.own}")), key


def test_every_file_of_every_page_is_taken() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    shown = [found for page in pages for found in _SHOWN.findall(page.read_text(encoding="utf-8"))]
    assert shown
    assert [(group, told(group, yaml.safe_load(text))) for group, text in shown] == [(group, "") for group, _ in shown]


def test_an_unknown_group_is_told_with_the_nearest(tmp_path: Path) -> None:
    answer = synth("schema", "scenaro", cwd=tmp_path)
    assert answer.code == 2
    assert "no group named 'scenaro' (did you mean 'scenario'?)" in answer.err
