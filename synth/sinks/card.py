"""The data card: what an output is, for people and for readers of data cards, said from its manifest alone."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from synth.contracts.store import Staged, Store
from synth.sinks.places import BESIDE, PARTITION, above, family, run_folder
from synth.tables.partition import TIME_PARTS
from synth.tables.split import KEY as SPLIT

_MAIN = "transactions"

#: Of the formats of files those that readers of data cards open.
_READ = ("parquet", "csv", "jsonl")

#: Files of a table that are named one by one.
_FEW = 5

#: Folders that have an order.
_SEVERAL = 2

#: Files that pandas opens as they are.
_PLAIN = tuple(f"{_MAIN}.{form}{packed}" for form in ("csv", "jsonl") for packed in ("", ".gz"))


def write_card(manifest: bytes) -> bytes:
    """The text of ``README.md``: Markdown behind a YAML head that names the files of each table.

    Args:
        manifest: the one beside which it will stand; of another's, or of none, nothing is said.
    """
    content = json.loads(manifest)
    folder = run_folder(name for table in content.get("tables", ()) for name in _files(content, table))
    for table in content["tables"].values() if folder else ():
        for file in table["files"]:
            file["name"] = file["name"].removeprefix(folder)
    lines = [*_head(content), *_text(content)] if "tables" in content else []
    return ("\n".join(lines) + "\n").encode()


def stage(store: Store, name: str, text: bytes) -> Staged:
    """A document as a file of a store, complete and still unseen."""
    upload = store.create(name)
    upload.write(text)
    return upload.close()


def pattern_of(files: Sequence[str]) -> str | None:
    """One pattern, or name, for all files of a table; None where it has none of its own."""
    found = {family(name) for name in files}
    if len(found) != 1:
        return None
    stem = found.pop()
    if any(PARTITION in name for name in files):
        stem = f"{above(stem)}**/{stem.removeprefix(above(stem))}"
    return files[0] if len(files) == 1 else f"{stem}*.{_suffix(files[0])}"


def _named(files: Sequence[str]) -> list[str]:
    """How the files of a table are told: by one pattern, each, or where they are many, from the first to the last."""
    if pattern := pattern_of(files):
        return [pattern]
    return [*files] if len(files) <= _FEW else [files[0], "…", files[-1]]


def opening(content: Mapping[str, Any], uri: str) -> str | None:
    """A line of Python that opens the transactions of an output; None where they are in no files.

    Args:
        content: the manifest.
    """
    files = _files(content, _MAIN)
    if not files:
        return None
    within = f"{uri}/{{}}" if uri else "{}"
    plain = "://" not in uri and files[0] in _PLAIN
    if "://" not in uri and family(files[0]) == f"{_MAIN}/part-" and files[0].endswith(".parquet"):
        order = _order(content)
        told = f"  # folder by folder: sort by {order}" if order else ""
        return f"pd.read_parquet({_quoted(within.format(_MAIN))}){told}"
    if plain and ".jsonl" in files[0]:
        return f"pd.read_json({_quoted(within.format(files[0]))}, lines=True)"
    if plain and content["sink"].get("header"):
        return f"pd.read_csv({_quoted(within.format(files[0]))})"
    return f"synth.open({_quoted(uri or '.')}).to_pandas()"


def _order(content: Mapping[str, Any]) -> str:
    """The column that brings the transactions of all folders into the order of time; empty where they are in it."""
    if len({name.rpartition("/")[0] for name in _files(content, _MAIN) if PARTITION in name}) < _SEVERAL:
        return ""
    keys = [*content["sink"].get("partition_by", ()), *([SPLIT] if content["sink"].get("split") else [])]
    if all(key in TIME_PARTS for key in keys):
        return ""
    names = {column["source"]: column["name"] for column in content["tables"][_MAIN]["columns"]}
    return str(names.get("event_id") or names.get("time", ""))


def _folder(content: Mapping[str, Any]) -> str:
    """Where the card stands below the place: beside the manifest, and so beside the tables that are not alone."""
    named = (name for table in content["tables"] for name in _files(content, table))
    return BESIDE if any(name.startswith(BESIDE) for name in named) else ""


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _suffix(name: str) -> str:
    return name.rpartition("/")[2].partition(".")[2]


def _files(content: Mapping[str, Any], table: str) -> list[str]:
    return [file["name"] for file in content["tables"].get(table, {}).get("files", ())]


def _head(content: Mapping[str, Any]) -> Iterator[str]:
    """The YAML in which readers of data cards look for the files of each table."""
    patterns = {name: pattern_of(_files(content, name)) for name in content["tables"]}
    shared = len({*patterns.values()}) < len(patterns)
    if shared or any(path is None or _suffix(path).partition(".")[0] not in _READ for path in patterns.values()):
        return
    here = _folder(content)
    yield from ("---", "configs:")
    for name, path in patterns.items():
        yield f"- config_name: {name}"
        yield f"  data_files: {_quoted(os.path.relpath(str(path), here or '.'))}"
        if name == _MAIN:
            yield "  default: true"
        if _suffix(str(path)).startswith("csv") and not content["sink"].get("header"):
            keys = content["sink"].get("partition_by", ()) if name == _MAIN else ()
            names = [each["name"] for each in content["tables"][name]["columns"] if each["name"] not in keys]
            yield f"  header: null\n  names: {json.dumps(names)}"
    yield "---"


def _text(content: Mapping[str, Any]) -> Iterator[str]:
    counts = content["counts"]
    yield f"# {counts['transactions']:,} payments, {counts['fraud']:,} of them fraudulent"
    yield ""
    yield f"Simulated by synth {content['synth']} from the recipe at the end: no person, card or shop in here is real."
    yield from ("", "| table | rows | what it holds | files |", "| --- | ---: | --- | --- |")
    for name, table in content["tables"].items():
        files = _files(content, name)
        where = ", ".join(f"`{each}`" for each in _named(files))
        yield f"| `{name}` | {table['rows']:,} | {_cell(table.get('doc', ''))} | {where} |"
    if line := opening(content, ".." if _folder(content) else ""):
        module = "import synth" if line.startswith("synth.") else "import pandas as pd"
        yield from ("", "From here, in Python:", "", "```python", module, "", line, "```")
    if order := _order(content):
        yield from (
            "",
            f"Readers of the files get the transactions folder by folder, not in the order of time: sort by `{order}`.",
        )
        yield "`synth.open` gives them in order."
    yield from ("", "## Columns", "")
    yield "A detector may use what is observable; truth says what is so, and an observation what people took it for."
    for name, table in content["tables"].items():
        yield from (
            "",
            f"### {name}",
            "",
            "| column | type | unit | role | what it says |",
            "| --- | --- | --- | --- | --- |",
        )
        for column in table["columns"]:
            cells = [f"`{column['name']}`", column["type"], column.get("unit", ""), column.get("role", "")]
            yield f"| {' | '.join(map(_cell, [*cells, column.get('doc', '')]))} |"
    yield from _recipe(content)


def _recipe(content: Mapping[str, Any]) -> Iterator[str]:
    import yaml

    yield from ("", "## Recipe", "", f"Fingerprint `{content['fingerprint']}`, content digest `{content['digest']}`:")
    yield "the same recipe gives the same digest, and `synth verify` finds out whether these files still have it."
    text = yaml.safe_dump(content["recipe"], sort_keys=False, allow_unicode=True, width=100)
    yield from ("", "```yaml", text.rstrip("\n"), "```")


def _cell(text: str) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")
