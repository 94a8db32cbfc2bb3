"""Writes the manifest: enough to verify an output and to make it again, without time, place, host or secret."""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synth import __version__
from synth.config.catalog import Catalog
from synth.config.part import Part, SinkPart
from synth.config.recipe import Recipe
from synth.contracts.output import digest_of_manifest
from synth.contracts.store import Staged
from synth.engine.prepare import Prepared
from synth.libraries import versions_of
from synth.tables.column import as_json
from synth.tables.digest import digest_batch, digest_run, digest_table
from synth.tables.table import Table
from synth.wording import without_secrets

if TYPE_CHECKING:
    from synth.tables.batch import Batch

FORMAT = 2
"""Raised when a reader of the old form would misread the new one."""


@dataclass(frozen=True)
class Counts:
    """How much was made.

    Attributes:
        transactions: emitted rows, fraud included.
        fraud: fraud rows.
        scenarios: scenario name → episodes and fraud rows.
    """

    transactions: int
    fraud: int
    scenarios: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class TableTally:
    """What a run counted of one table: rows and content digest of each block."""

    table: Table
    rows: list[int]
    digests: list[bytes]

    @classmethod
    def once(cls, batch: "Batch") -> "TableTally":
        """Of a table that comes once."""
        return cls(batch.table, [batch.native.num_rows], [digest_batch(batch.native)])

    @property
    def digest(self) -> str:
        """Content digest of the table."""
        return digest_table(self.table.schema, self.digests)


def describe_tables(tallies: Sequence[TableTally], *, shifted: bool = False) -> dict[str, dict[str, Any]]:
    """The part of a manifest that is the same for every sink: rows, digests and columns of each table.

    Args:
        shifted: whether event times were shifted, so that a reader has to know how each column followed them.
    """
    return {
        tally.table.name: {
            **({"doc": tally.table.facts.doc} if tally.table.facts.doc else {}),
            "rows": sum(tally.rows),
            "digest": tally.digest,
            "block_rows": list(tally.rows),
            "columns": [
                as_json(f.column)
                | {"name": f.name, "source": f.column.name, "format": f.format}
                | ({"clock": f.column.follows} if shifted else {})
                for f in tally.table.fields
            ],
        }
        for tally in tallies
    }


def write_manifest(
    *,
    recipe: Mapping[str, Any],
    fingerprint: str,
    plugins: Mapping[str, str],
    libraries: Iterable[str],
    counts: Counts,
    tables: Mapping[str, Mapping[str, Any]],
    sink: Mapping[str, Any],
    files: Mapping[str, Sequence[Staged]],
    stream: Mapping[str, Any] | None = None,
    signals: Mapping[str, Sequence[str]] | None = None,
) -> bytes:
    """A sink's manifest as JSON.

    Args:
        recipe: what decides the data.
        plugins: name → version of the plugins that the recipe uses.
        libraries: packages beside numpy and pyarrow that decided bytes.
        tables: from ``describe_tables``.
        sink: the sink's own configuration, without its uri.
        files: table name → its files, where it has any.
        stream: how the rows were sent, where they were streamed.
        signals: scenario → what it declares that may tell a single row.
    """
    content = {
        "format": FORMAT,
        "synth": __version__,
        "versions": versions_of(libraries),
        "plugins": dict(plugins),
        "fingerprint": fingerprint,
        "recipe": recipe,
        "sink": sink,
        **({"stream": stream} if stream is not None else {}),
        "counts": {"transactions": counts.transactions, "fraud": counts.fraud, "scenarios": counts.scenarios},
        **({"signals": {name: list(signal) for name, signal in signals.items()}} if signals else {}),
        "digest": digest_run({name: table["digest"] for name, table in tables.items()}),
        "tables": {
            name: {**table, "files": [_as_entry(file) for file in files.get(name, ())]}
            for name, table in tables.items()
        },
    }
    content["sha256"] = digest_of_manifest(content)
    return (json.dumps(content, indent=1) + "\n").encode()


def _as_entry(file: Staged) -> dict[str, Any]:
    return {"name": file.name, "bytes": file.bytes, "sha256": file.sha256}


def manifest_of(
    prepared: Prepared,
    catalog: Catalog,
    name: str,
    files: "Mapping[str, Sequence[Staged]]",
    tallies: Mapping[str, TableTally],
    counts: Counts,
    stream: Mapping[str, Any] | None = None,
) -> bytes:
    """The manifest of a sink.

    Args:
        files: those of each table.
        stream: how the rows were sent, where they were streamed.
    """
    recipe = prepared.recipe
    part = recipe.sinks[name]
    plugins, libraries = _deciding(recipe, catalog, part)
    return write_manifest(
        recipe=recipe.content,
        fingerprint=recipe.fingerprint,
        plugins=plugins,
        libraries=libraries,
        counts=counts,
        tables=describe_tables(list(tallies.values()), shifted="shift_us" in (stream or {})),
        sink=without_secrets({key: value for key, value in dataclasses.asdict(part.config).items() if key != "uri"}),
        files=files,
        stream=stream,
        signals=prepared.make_block.components.signals,
    )


def deciding_versions(recipe: Recipe, catalog: Catalog, part: SinkPart) -> dict[str, str]:
    """The versions of all that decides the bytes of a sink: synth, Python, libraries and plugins, by name."""
    plugins, libraries = _deciding(recipe, catalog, part)
    return {"synth": __version__, **versions_of(libraries), **{f"plugin {name}": plugins[name] for name in plugins}}


def _deciding(recipe: Recipe, catalog: Catalog, part: SinkPart) -> tuple[dict[str, str], set[str]]:
    """The plugins that a recipe uses for a sink, with their versions, and the libraries that decide bytes."""
    used: list[tuple[str, Part]] = [("generator", recipe.generator), ("amount", recipe.amount), ("sink", part)]
    used += [("scenario", scenario) for scenario in recipe.scenarios.values()]
    owners = {catalog.owner(group, component.spec.name) for group, component in used} - {"synth"}
    plugins = [provider for provider in catalog.providers if provider.name in owners]
    libraries = {*recipe.population.libraries, *recipe.generator.make().libraries}
    versions = {provider.name: provider.version for provider in plugins}
    return versions, libraries.union(*(provider.libraries for provider in plugins))
