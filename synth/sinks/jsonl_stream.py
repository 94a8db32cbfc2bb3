"""JSON lines that grow: one file a table, each in a folder of its own, and a checkpoint beside these.

The checkpoint holds how far the stream is and how long each file was then. A stream that goes on cuts the files back
to these lengths: every row is in them exactly once. What stands behind the last checkpoint may be cut off again; a
program that follows the files and must not see that reads up to the lengths in ``_checkpoint.json``.

As everywhere in this package no file is synced: a checkpoint survives the death of the process, not a loss of power.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from synth.arrays import Bytes, Int64
from synth.contracts.sink import SinkJob
from synth.contracts.store import Staged
from synth.contracts.stream_sink import Checkpoint, StreamSink, StreamStats
from synth.errors import Problem, RefusedError, RunError
from synth.sinks.card import write_card
from synth.sinks.files import files_of
from synth.sinks.jsonl import JsonLines
from synth.sinks.places import CARD, CARDS, MANIFEST, LocalPlace, parse_uri
from synth.sinks.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synth.tables.batch import Batch

CHECKPOINT = "_checkpoint.json"


@dataclass(frozen=True, kw_only=True)
class JsonlStreamConfig:
    """JSON lines that grow while the stream goes on, as kind jsonl writes them; exactly once, across crashes."""

    kind: Literal["jsonl_stream"] = "jsonl_stream"
    uri: Annotated[str | None, Field(description="a directory; null: the run directory")]

    def problems(self) -> Iterator[Problem]:
        """Yields what the field ranges alone cannot say."""
        if self.uri is not None and "://" in self.uri:
            yield Problem(path="uri", message="files in an object store cannot grow", allowed=("a directory",))


@dataclass(frozen=True)
class Lines:
    """Rows of one table as lines.

    Attributes:
        text: (bytes,) all lines.
        end_t: (t,) int64 where each line ends.
    """

    table: str
    text: Bytes
    end_t: Int64

    def rows(self, first: int, last: int) -> memoryview:
        """The lines [first, last)."""
        begin = int(self.end_t[first - 1]) if first else 0
        return self.text[begin : int(self.end_t[last - 1]) if last else 0].data


def encode_lines(batch: "Batch") -> Lines:
    """JSON lines; a text holds no line end that is not escaped."""
    text = JsonLines().lines(batch)
    return Lines(batch.table.name, text, np.flatnonzero(text == ord("\n")) + 1)


def write_all(file: int, text: memoryview) -> None:
    """Writes everything, and waits where it has to."""
    while text:
        text = text[os.write(file, text) :]


class JsonlStream(StreamSink):
    """Appends to files of a directory, one process at a time."""

    def __init__(self, config: JsonlStreamConfig, job: SinkJob) -> None:
        self.uri, self._job = job.uri, job
        place = parse_uri(job.uri)
        if not isinstance(place, LocalPlace):
            raise RefusedError(f"{job.uri} is no directory, and files in an object store cannot grow")
        self._root, self._store = place.path, open_store(job.uri)
        self._names = {table.name: f"{table.name}/part-00000.jsonl" for table in (*job.tables, *job.extra)}
        self._files: dict[str, int] = {}
        self._bytes: dict[str, int] = {}
        self._rows = self._marked = 0

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_files": {}}

    def check(self, *, resume: bool) -> None:
        """Looks whether the directory is free, or holds a stream that can go on."""
        finished, stopped = self._store.read_manifest() is not None, self._read_state() is not None
        if resume and finished:
            raise RefusedError(f"{self.uri} holds a stream or run that is complete: nothing is left to go on with")
        if stopped and not finished and not resume and not self._job.overwrite:
            message = "holds a stream that has not ended"
            raise RefusedError(f"{self.uri} {message}: --resume goes on with it, --overwrite replaces it")
        names = [*self._names.values(), CHECKPOINT]
        self._store.check(names, overwrite=self._job.overwrite or (resume and stopped))

    def measure(self, batches: "Mapping[str, Batch]") -> int:
        """Encodes the rows and counts the bytes."""
        return sum(len(JsonLines().lines(batch)) for batch in batches.values())

    def open(self, extra: "Sequence[Batch]", *, fingerprint: str, resume: bool) -> Checkpoint | None:
        """Takes the directory, which no other process can have then, and opens the files at the checkpoint."""
        self._store.start()
        state = (self._read_state() or {}) if resume else {}
        kept = state.get("checkpoint")
        with self._explaining():
            if not kept:
                self._begin(extra)
                return None
            if kept["fingerprint"] != fingerprint:
                self.abort()
                message = "its recipe, its noise or its shifted times are others"
                raise RefusedError(f"{self.uri} holds another stream: {message}; choose another uri, or --overwrite")
            for table, name in self._names.items():
                file = os.open(self._root / name, os.O_RDWR)
                self._files[table], self._bytes[table] = file, state["bytes"][table]
                if os.fstat(file).st_size < self._bytes[table]:
                    self.abort()
                    raise RefusedError(f"{self.uri}/{name} is shorter than its checkpoint says: rows were lost")
                os.ftruncate(file, self._bytes[table])
                os.lseek(file, 0, os.SEEK_END)
            return Checkpoint.from_json(kept)

    def _begin(self, extra: "Sequence[Batch]") -> None:
        """Empties the place of an earlier stream; the checkpoint says whose the files are before they are there."""
        earlier = files_of(self._store.read_manifest())
        for name in filter(None, (*CARDS, *CARDS.values(), *earlier)):
            (self._root / name).unlink(missing_ok=True)
        self._write(CHECKPOINT, b"{}\n")
        for table, name in self._names.items():
            (self._root / name).parent.mkdir(exist_ok=True)
            file = os.open(self._root / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            self._files[table], self._bytes[table] = file, 0
        for batch in extra:
            for piece in batch.pieces(131_072):
                lines = encode_lines(piece)
                self.send(lines, 0, len(lines.end_t), emit_us=None)
        self._rows = 0

    def encode(self, batch: "Batch") -> Lines:
        """The lines."""
        return encode_lines(batch)

    def send(self, encoded: Lines, first: int, last: int, *, emit_us: int | None) -> None:
        """Appends."""
        text = encoded.rows(first, last)
        with self._explaining():
            write_all(self._files[encoded.table], text)
        self._bytes[encoded.table] += len(text)
        self._rows += last - first

    def mark(self, checkpoint: Checkpoint) -> None:
        """Writes the checkpoint by rename: it is the old one or the new one, whenever the process dies."""
        state = {"checkpoint": checkpoint.as_json(), "bytes": self._bytes}
        with self._explaining():
            self._write(CHECKPOINT, json.dumps(state).encode() + b"\n")
        self._marked = self._rows

    def finish(self) -> "dict[str, list[Staged]]":
        """Closes the files and reads them back for their hashes."""
        self._close()
        with self._explaining():
            return {table: [_describe(self._root, name)] for table, name in self._names.items()}

    def commit(self, manifest: bytes) -> None:
        """The manifest makes it a complete output, that readers and ``synth verify`` know."""
        with self._explaining():
            self._write(CARD, write_card(manifest))
            self._write(MANIFEST, manifest)
            (self._root / CHECKPOINT).unlink()
        self._store.discard([])

    def abort(self) -> None:
        """Closes the files and lets go of the directory."""
        self._close()
        self._store.discard([])

    def stats(self) -> StreamStats:
        """Rows behind the last checkpoint are in flight."""
        return StreamStats(in_flight=self._rows - self._marked, delivered=self._marked)

    def _close(self) -> None:
        while self._files:
            os.close(self._files.popitem()[1])

    def _read_state(self) -> dict[str, Any] | None:
        try:
            state = json.loads((self._root / CHECKPOINT).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise RefusedError(f"{self.uri}/{CHECKPOINT} cannot be read: {error}") from error
        return state if isinstance(state, dict) else {}

    def _write(self, name: str, content: bytes) -> None:
        beside = self._root / f".{name}.new"
        beside.write_bytes(content)
        beside.replace(self._root / name)

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RunError(f"cannot write to {self.uri}: {error.strerror or error}") from error


def _describe(root: Path, name: str) -> Staged:
    with (root / name).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Staged(name, (root / name).stat().st_size, digest, "")
