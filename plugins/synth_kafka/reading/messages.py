"""The committed messages of a topic, from the first to the ends that it has now, in the order of their making."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from synth import counted
from synth_kafka.reading.keys import partitions_of
from synth_kafka.reading.order import PartOrder

#: How long the broker may be silent; how long messages are waited for until there are so many.
_ANSWER_S, _STEP_S, _BATCH = 30.0, 0.2, 10_000

#: Messages by which a partition may be ahead of the slowest one before it has to wait.
AHEAD = 200_000


@dataclass(frozen=True)
class Ends:
    """Where the committed messages of a partition begin and end, and where all end."""

    first: int
    committed: int
    all: int


@dataclass
class Faults:
    """What is wrong with messages: how often, and where first.

    Attributes:
        found: fault → how many messages.
        first: fault → the first of them.
    """

    found: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def note(self, fault: str, where: str, times: int = 1) -> None:
        """Counts a fault."""
        self.found[fault] += times
        self.first.setdefault(fault, where)

    def __str__(self) -> str:
        return "; ".join(f"{count:,} {fault}, first {self.first[fault]}" for fault, count in self.found.items())


class TopicMessages:
    """A pass over the messages of a topic.

    Args:
        settings: of the client.
        run: what their header ``run`` has to say.
        parts: part → messages that it sent here.
        ahead: messages by which a partition may be ahead of the slowest one.

    Attributes:
        faults: what is wrong, once the pass is over.
        seen: messages of the stream so far.
    """

    def __init__(
        self, settings: Mapping[str, Any], topic: str, *, run: str, parts: Mapping[int, int], ahead: int = AHEAD
    ) -> None:
        self._settings, self._topic, self._run, self._ahead = settings, topic, run.encode(), ahead
        self._parts = {part: PartOrder(expected) for part, expected in parts.items()}
        self._last: dict[int, dict[int, int]] = {}
        self.faults, self.seen, self.partitions, self.over = Faults(), 0, 0, False

    def values(self) -> Iterator[list[bytes]]:
        """The values in order, those of each part by themselves; what is lost is passed over, as is what is foreign.

        Raises:
            KafkaException: the broker does not give them.
        """
        ends = find_ends(AdminClient(self._settings), self._topic)
        self.partitions, self._last = len(ends), {partition: dict.fromkeys(self._parts, -1) for partition in ends}
        for partition, end in ends.items():
            if end.all > end.committed:
                self.faults.note(
                    "in a transaction that nobody has ended", f"at offset {end.committed} of partition {partition}"
                )
        left = {partition: end.committed for partition, end in ends.items() if end.committed > end.first}
        for messages in self._batches({partition: ends[partition].first for partition in left}, left):
            self._take(messages)
            for part, order in self._parts.items():
                bound = min((self._last[each][part] + 1 for each in left), default=order.expected)
                if values := order.ready(min(bound, order.expected)):
                    self.seen += len(values)
                    yield values
        self._finish()

    @property
    def held(self) -> int:
        """Messages that have come before their turn."""
        return sum(len(order.waiting) for order in self._parts.values())

    def _batches(self, starts: Mapping[int, int], left: dict[int, int]) -> Iterator[Sequence[Message]]:
        """Messages as they come; takes partitions out of ``left`` whose end is reached."""
        own = {"group.id": self._topic, "enable.auto.commit": False, "enable.partition.eof": True}
        consumer = Consumer({**self._settings, **own, "isolation.level": "read_committed", "fetch.wait.max.ms": 10})
        waiting = set[int]()
        try:
            consumer.assign([TopicPartition(self._topic, partition, first) for partition, first in starts.items()])
            deadline = time.monotonic() + _ANSWER_S
            while left:
                kept = []
                for message in consumer.consume(min(_BATCH, self._ahead), timeout=_STEP_S):
                    deadline = time.monotonic() + _ANSWER_S
                    if (partition := _partition_of(message)) is None:
                        continue
                    if message.error() is None and (message.offset() or 0) < left.get(partition, 0):
                        kept.append(message)
                    elif left.pop(partition, None) is not None:
                        consumer.pause([TopicPartition(self._topic, partition)])
                if time.monotonic() > deadline:
                    raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
                yield kept
                self._hold(consumer, left, waiting)
            yield []
        finally:
            consumer.close()

    def _hold(self, consumer: Consumer, left: Mapping[int, int], waiting: set[int]) -> None:
        """Lets partitions wait that are far ahead of the others, so that few messages are held."""
        ahead = {
            partition
            for partition in left
            if any(self._last[partition][part] > order.next + self._ahead for part, order in self._parts.items())
        }
        for change, call in ((ahead - waiting, consumer.pause), (waiting - ahead, consumer.resume)):
            if named := [TopicPartition(self._topic, partition) for partition in change if partition in left]:
                call(named)
        waiting.clear()
        waiting.update(ahead)

    def _take(self, messages: Sequence[Message]) -> None:
        keyed: list[tuple[Message, bytes]] = []
        for message in messages:
            headers: dict[str, Any] = dict(message.headers() or ())
            part, sequence = _number(headers.get("part")), _number(headers.get("sequence"))
            if headers.get("run") != self._run or part not in self._parts or sequence is None:
                self.faults.note("of another run, or of none", _place_of(message))
                continue
            if sequence >= self._parts[part].expected:
                self.faults.note("more than the run sent", _place_of(message))
                continue
            last = self._last[message.partition() or 0]
            if not self._parts[part].take(sequence, message.value() or b""):
                self.faults.note("come twice", _place_of(message))
            elif sequence < last[part]:
                self.faults.note("before one that was made earlier", _place_of(message))
            last[part] = max(last[part], sequence)
            key = message.key()
            if key is not None:
                keyed.append((message, key if isinstance(key, bytes) else key.encode()))
        if keyed:
            belongs_k = partitions_of([key for _, key in keyed], self.partitions)
            for (message, _), partition in zip(keyed, belongs_k.tolist(), strict=True):
                if message.partition() != partition:
                    where = f"{_place_of(message)}, not of {partition}"
                    self.faults.note("where their key does not belong", where)

    def _finish(self) -> None:
        for part, order in self._parts.items():
            if order.lost:
                named = f" of part {part}" if len(self._parts) > 1 else ""
                self.faults.note("lost", f"sequence {order.first_lost}{named}", order.lost)
        self.over = True

    def result(self) -> tuple[str, bool | None, str]:
        """The check of the topic, as ``synth.TableSource`` wants it."""
        name = f"messages in {self._topic!r}"
        if self.faults.found:
            return name, False, str(self.faults)
        sent = f"{counted(self.seen, 'message')} in {counted(self.partitions, 'partition')}"
        return name, True, f"{sent}: each once, in order, and where its key belongs"


def find_ends(admin: AdminClient, topic: str) -> dict[int, Ends]:
    """Partition → where its messages begin and end now.

    Raises:
        KafkaException: the broker does not tell.
    """
    known = admin.list_topics(topic, timeout=_ANSWER_S).topics[topic]
    if known.error is not None:
        raise KafkaException(known.error)
    committed, uncommitted = IsolationLevel.READ_COMMITTED, IsolationLevel.READ_UNCOMMITTED
    asked = (
        (OffsetSpec.earliest(), uncommitted),
        (OffsetSpec.latest(), committed),
        (OffsetSpec.latest(), uncommitted),
    )
    found: dict[int, list[int]] = {partition: [] for partition in known.partitions}
    for spec, level in asked:
        wanted = {TopicPartition(topic, partition): spec for partition in found}
        answers = admin.list_offsets(wanted, isolation_level=level, request_timeout=_ANSWER_S)
        for each, future in answers.items():
            found[each.partition].append(future.result().offset)
    return {partition: Ends(*offsets) for partition, offsets in found.items()}


def _partition_of(message: Message) -> int | None:
    """The partition that a message, or the end of one, is of; None where it tells of neither.

    Raises:
        KafkaException: the broker gives nothing.
    """
    error = message.error()
    if error is None or error.code() == KafkaError._PARTITION_EOF:
        return message.partition()
    if error.code() == KafkaError.GROUP_AUTHORIZATION_FAILED:
        return None  # no group is made use of: who may not have one may read all the same
    raise KafkaException(error)


def _place_of(message: Message) -> str:
    return f"at offset {message.offset()} of partition {message.partition()}"


def _number(header: Any) -> int | None:
    """The number that a header says, if it says one."""
    return int(header) if isinstance(header, bytes) and header.isdigit() else None
