"""Receipts as bytes: a line of JSON, and behind it the rows that it speaks of as Arrow streams.

The line holds the id of the staging and the form of both, the versions of all that decides bytes, rows and digest of
each table, the staged files, and how many bytes each Arrow stream has. A SHA-256 over all of it tells a damaged one. It
is data: to read one executes nothing.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from synth.contracts.sink import ONCE
from synth.contracts.store import Staged
from synth.engine.block import Deferred
from synth.engine.episodes import EpisodeRows
from synth.errors import RefusedError
from synth.tables.batch import Batch
from synth.tables.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FORM = 3
"""Raised when an id or a receipt is made of something else than before, or a sink makes other bytes of rows."""

#: Arrow streams that are no table of the output; a table's name never begins so.
_CLAIMED, _REPORTS = "_claimed", "_reports"


class DamagedReceipt(ValueError):
    """It is not what somebody wrote: cut off, or changed."""


@dataclass(frozen=True)
class Note:
    """What the engine knows of a block beside the sinks' receipts.

    Attributes:
        rows, digests: table name → what the block has of it.
        fraud_rows: its fraud transactions.
        deferred: what it leaves to the end of the run.
    """

    rows: Mapping[str, int]
    digests: Mapping[str, bytes]
    fraud_rows: int
    deferred: Deferred


@dataclass(frozen=True)
class Kept:
    """What a receipt in the store says of a block.

    Attributes:
        staged: its files.
        growth: how far files that grow over all blocks were behind it.
        shared: table name → rows that go into files shared by all blocks.
    """

    note: Note
    staged: tuple[Staged, ...]
    growth: tuple[Staged, ...]
    shared: Mapping[str, Batch]


@dataclass(frozen=True)
class Identity:
    """What a receipt has to agree with.

    Attributes:
        id: of the staging.
        versions: of synth, of its plugins that the recipe uses and of all libraries that decide bytes.
        scenarios: of the recipe, in the order of its plan.
        tables: by name, those that blocks add to.
    """

    id: str
    versions: Mapping[str, str]
    scenarios: tuple[str, ...]
    tables: Mapping[str, Table]

    def write(self, block: int, kept: Kept) -> bytes:
        """A receipt."""
        streams = {name: _as_stream(batch.native) for name, batch in kept.shared.items()}
        deferred = kept.note.deferred
        if len(deferred.claimed):
            streams[_CLAIMED] = _as_stream(_claims(deferred.claimed))
        if deferred.reports is not None:
            streams[_REPORTS] = _as_stream(deferred.reports.native)
        head = {
            "form": FORM,
            "id": self.id,
            "versions": dict(self.versions),
            "block": block,
            "rows": dict(kept.note.rows),
            "digests": {name: digest.hex() for name, digest in kept.note.digests.items()},
            "fraud_rows": kept.note.fraud_rows,
            "staged": [asdict(file) for file in kept.staged],
            "growth": [asdict(file) for file in kept.growth],
            "arrow": {name: len(stream) for name, stream in streams.items()},
        }
        body = b"".join(streams.values())
        return json.dumps(head | {"sha256": _digest(head, body)}).encode() + b"\n" + body

    def read(self, block: int, content: bytes) -> Kept:
        """What a receipt says.

        Raises:
            DamagedReceipt: it is none.
            RefusedError: another version of synth or of a library made it.
        """
        line, _, body = content.partition(b"\n")
        try:
            head: dict[str, Any] = json.loads(line)
            whole = head.pop("sha256") == _digest(head, body) and head["block"] == block
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DamagedReceipt(str(error)) from error
        if not whole:
            raise DamagedReceipt("its digest is another one")
        self._refuse_others(head)
        return self._kept(head, body)

    def _refuse_others(self, head: Mapping[str, Any]) -> None:
        if head["form"] != FORM or head["id"] != self.id:
            raise RefusedError(f"its form is {head['form']}, and this version of synth writes form {FORM}")
        others = [
            f"made with {name} {head['versions'].get(name, 'none')}, and here is {self.versions.get(name, 'none')}"
            for name in sorted({*head["versions"], *self.versions})
            if head["versions"].get(name) != self.versions.get(name)
        ]
        if others:
            raise RefusedError("; ".join(others))

    def _kept(self, head: Mapping[str, Any], body: bytes) -> Kept:
        rows, start = {}, 0
        for name, size in head["arrow"].items():
            rows[name] = pa.ipc.open_stream(body[start : start + size]).read_all().combine_chunks()
            start += size
        reports = rows.pop(_REPORTS, None)
        claimed = EpisodeRows.none(self.scenarios)
        if _CLAIMED in rows:
            table = rows.pop(_CLAIMED)
            claimed = EpisodeRows(self.scenarios, *(column.to_numpy() for column in table.columns))
        deferred = Deferred(claimed, None if reports is None else self._batch("label_events", reports))
        digests = {name: bytes.fromhex(digest) for name, digest in head["digests"].items()}
        note = Note(head["rows"], digests, head["fraud_rows"], deferred)
        shared = {name: self._batch(name, table) for name, table in rows.items()}
        return Kept(note, _files(head["staged"]), _files(head["growth"]), shared)

    def _batch(self, name: str, rows: pa.Table) -> Batch:
        """The rows of a table; they print as those that were made, for side tables have no shorter way of their own."""
        table = self.tables[name]
        batches = rows.to_batches() or [pa.RecordBatch.from_pylist([], schema=rows.schema)]
        return Batch(table, pa.RecordBatch.from_arrays(batches[0].columns, schema=table.schema), {})


def name_of(block: int) -> str:
    """What a receipt is called."""
    return "once" if block == ONCE else f"{block:07d}"


def _claims(claimed: EpisodeRows) -> pa.RecordBatch:
    names = [each.name for each in fields(claimed)[1:]]
    return pa.RecordBatch.from_arrays([pa.array(np.ascontiguousarray(getattr(claimed, n))) for n in names], names=names)


def _as_stream(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def _files(entries: "Iterable[Mapping[str, Any]]") -> tuple[Staged, ...]:
    return tuple(Staged(**{**entry, "etags": tuple(entry["etags"])}) for entry in entries)


def _digest(head: Mapping[str, Any], body: bytes) -> str:
    state = hashlib.sha256(json.dumps(head, sort_keys=True, separators=(",", ":")).encode())
    state.update(body)
    return state.hexdigest()


def staging_id(fingerprint: str, settings: Mapping[str, Any]) -> str:
    """Names what decides the staged bytes.

    Args:
        fingerprint: of the recipe.
        settings: the sink's own, without its place and without secrets.
    """
    text = json.dumps([FORM, fingerprint, settings], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def differences(there: Mapping[str, Any], here: Mapping[str, Any], path: str = "") -> "Sequence[str]":
    """Key by key, in what two plain configurations differ: ``seed: 1 there, 2 here``."""
    found: list[str] = []
    for key in sorted({*there, *here}):
        at, mine, own = f"{path}{key}", there.get(key), here.get(key)
        if isinstance(mine, Mapping) and isinstance(own, Mapping):
            found += differences(mine, own, f"{at}.")
        elif mine != own:
            found.append(f"{at}: {json.dumps(mine)} there, {json.dumps(own)} here")
    return found
