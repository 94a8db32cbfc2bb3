"""Labelled rows, as whoever looks for patterns in them takes them: one shape for outputs and for foreign files.

Legend: ``_t`` a transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synth.arrays import Int64, Mask
from synth.check.reader import open_output, with_original_times
from synth.check.verify.noise import read_noise
from synth.check.verify.tables import Found
from synth.config.catalog import Catalog
from synth.contracts.output import ColumnEntry, Output
from synth.errors import RefusedError

#: Of a row that belongs to no scenario, or no episode.
NONE = -1

#: The scenario of fraud rows that name none, and the role of those that have none.
UNNAMED = "fraud"

#: Tables that say what is true of the rows, or what was learnt of them.
TRUTH_TABLES = ("labels", "episodes", "label_events", "click_labels")

_NO_ENTITY = ("transactions", "clicks", "noise", *TRUTH_TABLES)


@dataclass(frozen=True)
class Records:
    """Transactions, what is true of them, and the entities that they name.

    Attributes:
        name: where they are from.
        rows: in order, without truth; a column is called what synth calls it, wherever a view shows it.
        units, roles: of each column, where it is known.
        fraud_t: (t,) which rows are fraud.
        scenario_t: (t,) index into ``scenarios``; ``NONE`` for genuine rows.
        episode_t: (t,) episode; ``NONE`` for genuine rows.
        claimed_t: (t,) genuine rows that turned out to be fraud.
        never_t: (t,) rows that no fraud can be, as a column of them declares; None where none does.
        signals: scenario → what it declares that may tell a single row; without those that say nothing of it.
        entities: tables of whom rows name.
        truth: the tables of truth, and ``clicks``.
        block_rows: rows of each block; one block where there are none.
        guessed: whether nothing says which rows are of one episode: then those of a card are.
        shown_t: (t,) the label that a column of the rows shows; None where none does.
    """

    name: str
    rows: pa.Table
    units: Mapping[str, str]
    roles: Mapping[str, str]
    fraud_t: Mask
    scenario_t: Int64
    episode_t: Int64
    claimed_t: Mask
    scenarios: tuple[str, ...]
    signals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    entities: Mapping[str, pa.Table] = field(default_factory=dict)
    truth: Mapping[str, pa.Table] = field(default_factory=dict)
    block_rows: tuple[int, ...] = ()
    guessed: bool = False
    shown_t: Int64 | None = None
    never_t: Mask | None = None


def read_records(uri: str, catalog: Catalog) -> Records:
    """The rows of a finished output, as they were made; rows of a noisy stream that never came are not among them.

    Memory grows with the rows.

    Raises:
        RefusedError: the place holds no run, cannot be read, or its rows cannot be put back as they were made.
        VerifyError: it is damaged.
    """
    output = with_original_times(open_output(uri, catalog))
    names = output.manifest["tables"]
    noise = read_noise(output, Found.keeping(output, "noise") if "noise" in names else None)
    if noise.hidden:
        raise RefusedError(f"the transactions of {uri} cannot be put back as they were made: {noise.hidden}")
    batches = list(noise.rows())
    schema = batches[0].schema if batches else output.schema("transactions")
    rows, entries = _called(output, "transactions", pa.Table.from_batches(batches, schema))
    kept = {
        name: _called(output, name, pa.Table.from_batches(output.batches(name), output.schema(name)))[0]
        for name in names
        if name not in ("transactions", "noise")
    }
    if "labels" not in kept or "event_id" not in kept["labels"].column_names:
        raise RefusedError(f"{uri} has no table of labels by event_id: nothing says which rows are fraud")
    labels = pa.table(
        noise.dropped.without({name: pc_one(kept["labels"], name) for name in kept["labels"].column_names})
    )
    kept["labels"] = labels
    fraud_t, scenario_t, episode_t, claimed_t, scenarios = _truth_of(labels, rows.num_rows)
    shown = rows.column("fraud_label").to_numpy().astype(np.int64) if "fraud_label" in rows.column_names else None
    seen = [name for name in rows.column_names if entries[name].get("role") not in ("truth", "observation")]
    declared: Mapping[str, Any] = output.manifest.get("signals", {})
    return Records(
        name=uri,
        rows=rows.select(seen),
        units={name: entries[name].get("unit", "") for name in seen},
        roles={name: entries[name].get("role", "observable") for name in seen},
        fraud_t=fraud_t,
        scenario_t=scenario_t,
        episode_t=episode_t,
        claimed_t=claimed_t,
        scenarios=scenarios,
        signals={str(name): tuple(map(str, signal)) for name, signal in declared.items()},
        entities={name: table for name, table in kept.items() if name not in _NO_ENTITY},
        truth={name: table for name, table in kept.items() if name in ("clicks", *TRUTH_TABLES)},
        block_rows=tuple(noise.dropped.sizes(output.table("transactions")["block_rows"])),
        shown_t=shown,
        never_t=_never_fraud(rows, entries),
    )


def _never_fraud(rows: pa.Table, entries: Mapping[str, ColumnEntry]) -> Mask | None:
    """(t,) rows that no fraud can be: those that say what a column declares of no fraud."""
    barred = [
        pc.is_in(pc_one(rows, name).cast(pa.string()), pa.array(entry["never_fraud"], pa.string()))
        for name, entry in entries.items()
        if entry.get("never_fraud")
    ]
    if not barred:
        return None
    never: Mask = np.any([each.to_numpy(zero_copy_only=False) for each in barred], axis=0)
    return never


def pc_one(table: pa.Table, name: str) -> pa.Array:
    """A column of a table in one piece."""
    column = table.column(name).combine_chunks()
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _called(output: Output, name: str, table: pa.Table) -> tuple[pa.Table, dict[str, ColumnEntry]]:
    """A table whose columns are called what synth calls them; one that is not shown whole keeps its own name."""
    entries: dict[str, ColumnEntry] = {}
    for column in output.table(name)["columns"]:
        whole = str(table.schema.field(column["name"]).type) == column["type"]
        source = column["source"]
        entries[source if whole and source not in entries and source != "=" else f"{column['name']} (shown)"] = column
    named = table.rename_columns([*entries])
    fields = [each.with_metadata({"unit": entries[each.name].get("unit", "")}) for each in named.schema]
    return named.cast(pa.schema(fields)), entries


def _truth_of(labels: pa.Table, rows: int) -> tuple[Mask, Int64, Int64, Mask, tuple[str, ...]]:
    """What the labels say of each row."""
    event_f = labels.column("event_id").to_numpy().astype(np.int64)
    if len(event_f) and not 0 <= event_f.min() <= event_f.max() < rows:
        raise RefusedError("the labels name rows that are not there")
    texts = pc.unique(labels.column("scenario")).to_pylist()
    scenarios = tuple(sorted(map(str, texts)))
    fraud_t, claimed_t = np.zeros(rows, dtype=bool), np.zeros(rows, dtype=bool)
    scenario_t, episode_t = np.full(rows, NONE, dtype=np.int64), np.full(rows, NONE, dtype=np.int64)
    fraud_t[event_f] = True
    scenario_t[event_f] = pc.index_in(labels.column("scenario"), pa.array(scenarios, pa.string())).to_numpy()
    episode_t[event_f] = labels.column("episode_id").to_numpy()
    if "amount_before_minor" in labels.column_names:
        claimed_t[event_f] = labels.column("amount_before_minor").is_valid().to_numpy()
    return fraud_t, scenario_t, episode_t, claimed_t, scenarios
