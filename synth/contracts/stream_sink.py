"""The contract of a sink that takes a stream: rows in order, in small batches, and how far it is beside them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from synth.contracts.overridable import overridable

if TYPE_CHECKING:
    from synth.contracts.store import Staged
    from synth.tables.batch import Batch


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What was finished of one table: rows and content digest of each block, as far as the stream is.

    Attributes:
        rows: rows of each finished block.
        digests: hex digest of each finished block.
    """

    rows: tuple[int, ...] = ()
    digests: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """How far a stream is: what lies before it is with the reader, once; nothing after it is.

    Attributes:
        fingerprint: of what decides the stream's rows and their order; a stream goes on only with its own.
        block: the block under way. Its side tables have not been sent: they follow its last transaction.
        row: transactions of this block that were sent (or skipped), duplicates included.
        before: transactions that the blocks before it delivered, in all parts of the stream together.
        events: transactions sent since the stream's start, duplicates included.
        fraud: fraud transactions among them.
        skipped: transactions that were due and not sent, because the clock's ``overload`` says so.
        origin_us: wall clock at the stream's start, in microseconds since 1970 (UTC).
        tallies: table name → its finished blocks. Grows by some 80 bytes a table and block.
    """

    fingerprint: str
    block: int
    row: int
    before: int
    events: int
    fraud: int
    skipped: int
    origin_us: int
    tallies: Mapping[str, Tally]

    @classmethod
    def start(cls, fingerprint: str, *, origin_us: int) -> "Checkpoint":
        """The checkpoint of a stream that has sent nothing."""
        return cls(
            fingerprint=fingerprint,
            block=0,
            row=0,
            before=0,
            events=0,
            fraud=0,
            skipped=0,
            origin_us=origin_us,
            tallies={},
        )

    def with_block(self, rows: Mapping[str, int], digests: Mapping[str, bytes]) -> dict[str, Tally]:
        """The tallies with one block more.

        Args:
            rows, digests: table name → what the block has of it.
        """
        return {**self.tallies} | {
            name: Tally(
                rows=(*self.tallies.get(name, Tally()).rows, rows[name]),
                digests=(*self.tallies.get(name, Tally()).digests, digests[name].hex()),
            )
            for name in rows
        }

    def as_json(self) -> dict[str, Any]:
        """Plain data for a sink to keep."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Checkpoint":
        """The checkpoint that a sink kept.

        Raises:
            KeyError, TypeError: it is none.
        """
        tallies = {
            name: Tally(rows=tuple(kept["rows"]), digests=tuple(kept["digests"]))
            for name, kept in data["tallies"].items()
        }
        return cls(**{**data, "tallies": tallies})


@dataclass(frozen=True, kw_only=True)
class StreamStats:
    """What a sink can tell about its deliveries, since ``open``.

    Attributes:
        in_flight: rows handed over that nobody has confirmed yet.
        delivered: rows confirmed.
        failed: attempts that failed, and were made again.
    """

    in_flight: int = 0
    delivered: int = 0
    failed: int = 0


class StreamSink(ABC):
    """Takes rows in order, in small batches, and remembers how far it is together with them.

    Registered like any sink, as ``synth.SinkSpec(config, factory, streams=True)``; the factory, ``(config, SinkJob)``,
    touches nothing. A stream calls
    ``check``, ``open``, then ``encode`` ahead of time on another thread, and ``send``, ``poll`` and ``mark`` on the
    driver's; at the end ``finish`` and ``commit``, or at any moment ``abort``. Rows that were sent after the last
    ``mark`` are lost with a crash and come again with ``open(resume=True)``: a sink keeps them from its readers until
    the mark, or takes them away when it is opened again.

    ``synth run`` writes into such a sink, too: block by block as fast as it can, with a mark after each.

    What a worker needs for ``encode`` pickles; connections and open files begin with ``open`` and are the driver's.

    Attributes:
        uri: where it writes, as people would name it, without user and password.
    """

    uri = overridable(str)

    @abstractmethod
    def check(self, *, resume: bool) -> None:
        """Finds out whether this stream may write here, and leaves no trace.

        Args:
            resume: whether a stream is to go on that stopped earlier.

        Raises:
            RefusedError: the place cannot be reached or written; it holds another stream, neither ``job.overwrite``
                nor ``resume`` says what to do with it. ``resume`` is asked of sinks that resume only.
        """

    def measure(self, batches: "Mapping[str, Batch]") -> int:
        """Bytes that these rows would take, for a forecast; touches nothing. As they lie in memory, unless told."""
        return sum(int(batch.native.nbytes) for batch in batches.values())

    @abstractmethod
    def open(self, extra: "Sequence[Batch]", *, fingerprint: str, resume: bool) -> Checkpoint | None:
        """Begins, or goes on: an earlier producer of the same stream that is still alive can write no more.

        Without ``resume``, or when nothing was marked yet, the place is prepared and the tables that come once are
        written; with ``job.overwrite`` an earlier stream there goes away first. With ``resume``, what was sent after
        the last mark is taken away.

        Args:
            fingerprint: of the stream, as its checkpoints will carry it.

        Returns:
            The last mark of the stream; None for a stream from its start.

        Raises:
            RefusedError: the place holds the stream of another fingerprint, or one that is finished; or an earlier
                producer is alive and cannot be kept from writing.
        """

    @abstractmethod
    def encode(self, batch: "Batch") -> Any:
        """What ``send`` takes: rows of one table (``batch.table``), some thousands at most, made ready ahead of time.

        Called on other threads, several at a time, and touches nothing.
        """

    @abstractmethod
    def send(self, encoded: Any, first: int, last: int, *, emit_us: int | None) -> None:
        """Hands over the rows [first, last) of what ``encode`` made; of a table, in order, each row once.

        Returns when the sink has room for more: it waits, and drops nothing.

        Args:
            emit_us: wall clock of the hand-over, in microseconds since 1970 (UTC); None when nothing is paced, for
                then no clock may be seen in the data.

        Raises:
            RunError: the rows cannot be delivered.
        """

    def poll(self, seconds: float) -> None:  # noqa: B027 — a sink without reports has nothing to let in
        """Lets delivery reports in, for at most so long; called while the driver waits, and often.

        Raises:
            RunError: rows that were handed over could not be delivered.
        """

    @abstractmethod
    def mark(self, checkpoint: Checkpoint) -> None:
        """Makes everything sent so far durable together with the checkpoint: both or neither, whatever happens.

        Called about once a second, and after the last row. Waits until the rows are with the reader.

        Raises:
            RunError: they are not, and the last mark stands.
        """

    def finish(self) -> "Mapping[str, Sequence[Staged]]":
        """Ends the stream after its last mark, and tells the files of each table; none where it writes no files."""
        return {}

    @abstractmethod
    def commit(self, manifest: bytes) -> None:
        """Puts the manifest beside the stream: it is complete, and cannot go on any more."""

    @abstractmethod
    def abort(self) -> None:
        """Lets go of everything, keeping what was marked; may be called at any time, and more than once."""

    def stats(self) -> StreamStats:
        """How the deliveries stand; cheap."""
        return StreamStats()
