"""Writes the tables of docs/sinks.md and docs/views.md from the code: python docs/write_sinks.py [--check]"""

import tomllib
from pathlib import Path

from page import publish_tables
from write_reference import table

from synth.cli.describe import keys_of
from synth.config.catalog import load_catalog
from synth.config.compose import list_options
from synth.contracts.hookspecs import SinkSpec

ROOT = Path(__file__).resolve().parents[1]

#: Keys that several sinks have.
KEYS = ("layout", "compression", "partition_by", "split", "describe", "run_folder", "s3", "if_exists")


def main() -> int:
    """Writes the tables, or says whether they are up to date."""
    views = [[f"`columns={name}`", told] for name, told in choices("columns").items()]
    wrong = publish_tables("views.md", "write_sinks.py", {"views": table(["view", "what it shows"], views)})
    tables = {"sinks": sinks(), "abilities": abilities()}
    return publish_tables("sinks.md", "write_sinks.py", tables) or wrong


def choices(group: str) -> dict[str, str]:
    """The choices of a group and what each is."""
    found = list_options(plugin_roots=load_catalog().config_roots)[group]
    return {option.name: option.summary for option in found}


def kinds() -> dict[str, SinkSpec]:
    """The kinds of sinks that come with synth, with what they declare."""
    catalog = load_catalog()
    return {kind: catalog.find("sink", kind) for kind in catalog.names("sink")}


def sinks() -> list[str]:
    """Each sink: where it writes, and which extra it needs."""
    needed = extras()
    rows = []
    for kind, spec in kinds().items():
        where = {key["key"]: key["doc"].partition(";")[0] for key in keys_of(spec.config)}
        place = "the standard output" if spec.stdout else where.get("uri") or where.get("servers", "")
        rows.append(
            [f"[`{kind}`](reference.md#sinkname-kind-{kind})", choices("sink")[kind], place, needed.get(kind, "")]
        )
    return table(["sink", "what it is", "where it writes", "extra"], rows)


def extras() -> dict[str, str]:
    """Sink → the page of the plugin that brings it, under the name of the extra."""
    entries = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["synth"]
    extra_of = {point.split()[0].partition(":")[0]: point.partition("[")[2].rstrip("]") for point in entries.values()}
    claims = load_catalog().kinds["sink"].items()
    modules = {kind: found[0][1].factory.__module__.partition(".")[0] for kind, found in claims}
    return {
        kind: f"[{extra_of[module]}](../plugins/{module}/README.md)"
        for kind, module in modules.items()
        if extra_of.get(module)
    }


def abilities() -> list[str]:
    """What each can do: by the keys that it has, and by what it declares."""
    rows = []
    for kind, spec in kinds().items():
        has = {key["key"] for key in keys_of(spec.config)}
        can = [
            *(key in has for key in KEYS),
            spec.receipts or (spec.streams and spec.resumes),
            spec.streams,
            spec.streams and spec.parts,
        ]
        rows.append([f"`{kind}`", *("yes" if each else "" for each in can)])
    head = ["sink", *(f"`{key}`" for key in KEYS), "goes on after a kill", "takes a stream", "a stream in parts"]
    return table(head, rows)


if __name__ == "__main__":
    raise SystemExit(main())
