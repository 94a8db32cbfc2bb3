"""A producer whose messages reach a reader once: in transactions, which a checkpoint closes."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from synth import RunError, StreamStats
from synth_kafka.connection import Connection
from synth_kafka.rows import EncodedRows

#: How long a call into the client may last before Python looks at signals.
_STEP_S = 1.0
_LETTING_GO_S = 5.0

#: How long the client may take to report why a transaction is in no state to go on.
_REPORT_S = 3.0

#: librdkafka's own limit of a batch. It does not learn a topic's, which may be lower, and splits no batch.
_BATCH_BYTES = 1_000_000


class TransactionalProducer:
    """Sends messages in transactions; an earlier producer of the same id can write no more once this one is made.

    Args:
        name: the transactional id.
        message_bytes: the largest batch that every topic takes.

    Raises:
        KafkaException: the cluster does not let it.
    """

    def __init__(self, connection: Connection, name: str, *, topic: str, timeout_s: int, message_bytes: int) -> None:
        self._connection, self._topic, self._timeout_s = connection, topic, timeout_s
        self._failure: KafkaError | None = None
        self._open = False
        self._sent = self._failed = 0
        self._producer = Producer(
            {
                **connection.settings(),
                "transactional.id": name,
                "acks": "all",
                "enable.idempotence": True,
                "transaction.timeout.ms": timeout_s * 1000,
                "message.timeout.ms": timeout_s * 1000,
                "batch.size": min(message_bytes, _BATCH_BYTES),
                "linger.ms": 20,
                "partitioner": "murmur2_random",
                "delivery.report.only.error": True,
                "on_delivery": self._report,
            }
        )
        self._patiently(self._producer.init_transactions)

    def send(self, topic: str, rows: EncodedRows, first: int, last: int, headers: "Headers", emit_ms: int) -> None:
        """Hands the rows [first, last) over; waits for room, and drops nothing.

        Args:
            emit_ms: time of the messages that have none of their own; 0 for the client's clock.

        Raises:
            RunError: they cannot be delivered.
        """
        produce, sequence = self._producer.produce, headers.sequence
        messages = zip(rows.values, rows.keys, rows.times_ms, strict=True)
        with self._telling():
            self._begin()
            for value, key, time_ms in islice(messages, first, last):
                message = [*headers.same, ("sequence", b"%d" % sequence)]
                while True:
                    try:
                        produce(topic, value, key, timestamp=time_ms or emit_ms, headers=message)
                        break
                    except BufferError:
                        self.poll(_STEP_S / 10)
                sequence += 1
        self._sent += sequence - headers.sequence
        headers.sequence = sequence

    def put(self, topic: str, records: Mapping[str, bytes | None]) -> None:
        """Adds records to the transaction: key → value; None takes the key away.

        Raises:
            RunError: they cannot be delivered.
        """
        with self._telling():
            self._begin()
            for key, value in records.items():
                self._producer.produce(topic, value, key.encode(), partition=0)

    def poll(self, seconds: float) -> None:
        """Lets reports in.

        Raises:
            RunError: something could not be delivered.
        """
        with self._telling():
            self._producer.poll(seconds)
        if self._failure is not None:
            self._raise(self._failure)

    def commit(self) -> None:
        """Closes the transaction: a reader sees all of it, or never any.

        Raises:
            RunError: it is not closed; nothing of it will be seen.
        """
        with self._telling():
            self._patiently(self._producer.commit_transaction)
        self._open, self._connection.trouble = False, None

    def abort(self) -> None:
        """Takes the open transaction back, as far as the cluster can be reached; it forgets it by itself later."""
        if self._open:
            self._open = False
            try:
                self._producer.abort_transaction(_LETTING_GO_S)
            except KafkaException:
                self._producer.purge()

    def stats(self) -> StreamStats:
        """How the deliveries stand."""
        waiting = len(self._producer)
        return StreamStats(
            in_flight=waiting, delivered=max(0, self._sent - waiting - self._failed), failed=self._failed
        )

    def _begin(self) -> None:
        if not self._open:
            self._producer.begin_transaction()
            self._open = True

    def _report(self, error: KafkaError | None, message: Message) -> None:
        """Is called for what could not be delivered only; the first reason is the one to tell."""
        if error is not None:
            self._failed += 1
            if self._failure is None or self._failure.code() == KafkaError._PURGE_QUEUE:
                self._failure = error

    def _patiently(self, call: Any) -> None:
        """Calls again while the cluster may come back."""
        deadline = time.monotonic() + self._timeout_s
        while True:
            try:
                call(_STEP_S)
            except KafkaException as error:
                if not error.args[0].retriable() or time.monotonic() > deadline:
                    raise
            else:
                return

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Tells what went wrong in our words."""
        try:
            yield
        except KafkaException as error:
            self._raise(error.args[0])

    def _is_unexplained(self) -> bool:
        return self._failure is None and self._connection.trouble is None

    def _raise(self, error: KafkaError) -> None:
        """Tells why a message was not delivered, where that is known; the transaction is then in no state to go on."""
        deadline = time.monotonic() + _REPORT_S
        while error.code() == KafkaError._STATE and self._is_unexplained() and time.monotonic() < deadline:
            with suppress(KafkaException):
                self._producer.poll(_STEP_S)
        raise RunError(self._connection.why(self._failure or error, self._topic))


class Headers:
    """What each message says of itself: its run, its part, and its place among the messages of its table.

    Attributes:
        same: what every message says.
        sequence: of the next message, from 0.
    """

    def __init__(self, run: str, part: int, sequence: int) -> None:
        self.same: list[tuple[str, str | bytes | None]] = [("run", run), ("part", str(part))]
        self.sequence = sequence
