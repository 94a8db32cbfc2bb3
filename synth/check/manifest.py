"""A manifest as readers take it: of the types, names and columns that they rely on, or it is refused."""

import json
from collections.abc import Iterator
from typing import cast

from pydantic import TypeAdapter, ValidationError

from synth.contracts.output import Manifest, digest_of_manifest
from synth.errors import RefusedError
from synth.sinks.places import MANIFEST, require_names
from synth.tables.registry import TABLES
from synth.wording import on_one_line

FORMAT = 2
"""The newest form of manifest that is understood here."""

#: Faults of a manifest that a message names, and letters of it that it shows of each.
_SHOWN, _LETTERS = 5, 120

#: What every run has, and the tables of truth whose columns the checks read by name.
_ALWAYS = ("transactions", "labels", "episodes")
_READ = ("labels", "episodes", "label_events", "noise", "clicks", "click_labels")


def parse_manifest(text: bytes, uri: str) -> Manifest:
    """A manifest of this form or an older one.

    Raises:
        RefusedError: it is none, is of a newer form, or was changed after the run.
    """
    try:
        content = json.loads(text)
        json.dumps(content, ensure_ascii=False).encode()  # half a character of two cannot be shown
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"{uri} holds no synth run: {MANIFEST} is not JSON: {short(str(error))}") from error
    form = content.get("format") if isinstance(content, dict) else None
    if isinstance(form, int) and form > FORMAT:
        told = f"{MANIFEST} of {uri} has format {short(str(form))}, newer than {FORMAT}: upgrade synth to read it"
        raise RefusedError(told)
    try:
        TypeAdapter(Manifest).validate_python(content, strict=True)
    except ValidationError as error:
        raise RefusedError(f"{MANIFEST} of {uri} is not one of synth: {_explain(error)}") from error
    manifest = cast("Manifest", content)
    if manifest["format"] > 1 and manifest.get("sha256") != digest_of_manifest(manifest):
        raise RefusedError(f"{MANIFEST} of {uri} was changed after the run: its sha256 is another")
    if faults := list(_faults(manifest)):
        more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise RefusedError(f"{MANIFEST} of {uri} is not one of synth: {'; '.join(map(short, faults[:_SHOWN]))}{more}")
    require_names([file["name"] for table in manifest["tables"].values() for file in table["files"]], uri)
    return manifest


def _faults(manifest: Manifest) -> Iterator[str]:
    """What the types alone cannot say."""
    if manifest["format"] < 1:
        yield f"format: there is no form {manifest['format']}"
    tables = manifest["tables"]
    yield from (f"tables: there is no {name}" for name in _ALWAYS if name not in tables)
    for table, entry in tables.items():
        names = [column["name"] for column in entry["columns"]]
        if len(set(names)) < len(names):
            yield f"tables.{table}: two columns have one name"
        if not names:
            yield f"tables.{table}: it has no columns"
    for table in _READ:
        if table in tables:
            kinds = {column["source"]: column["type"] for column in tables[table]["columns"]}
            for name, column in TABLES[table].columns.items():
                if name in TABLES[table].facts.as_viewed or kinds.get(name) == column.arrow:
                    continue
                told = f"{name} is {kinds[name]}, not {column.arrow}" if name in kinds else f"there is no column {name}"
                yield f"tables.{table}: {told}"
    scenarios = manifest["recipe"].get("scenario") or {}
    if not isinstance(scenarios, dict):
        yield "recipe.scenario: it is no mapping"
        return
    counted = manifest["counts"]["scenarios"]
    yield from (f"counts.scenarios: there is no {name}" for name in scenarios if name not in counted)


def _explain(error: ValidationError) -> str:
    """What is wrong with a manifest, each by its path."""
    found = error.errors(include_url=False)
    told = [short(f"{'.'.join(map(str, each['loc'])) or 'its content'}: {each['msg']}") for each in found[:_SHOWN]]
    return "; ".join(told) + (f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else "")


def short(text: str) -> str:
    """A text of others as a message shows it: on one line, and not for ever."""
    line = on_one_line(text)
    return line if len(line) <= _LETTERS else f"{line[: _LETTERS - 1]}…"
