"""Servers for the commands of a page: each block that says ``<!-- server: NAME -->`` is run against a real one.

What a page calls ``localhost:9092``, ``kafka-console-consumer.sh``, ``postgresql://me@host/fraud`` or ``s3://bucket``,
is meanwhile a server of this machine, empty when the page begins. One broker of Kafka serves all pages, for it takes
seconds to start.
"""

import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager

from tests.kafka.broker import Broker, missing_kafka, run_kafka
from tests.plugins.postgres_server import missing_postgres, run_postgres
from tests.servers import run_moto

#: Settings that lead a page's commands to a server; what stands on the page → what is meant.
Settings = tuple[Mapping[str, str], Mapping[str, str]]


class PageServers(ExitStack):
    """Starts what pages need; leaving it ends what is left."""

    broker: Broker | None = None

    def missing(self, name: str) -> str:
        """Why a server cannot be started here; empty when it can."""
        asks: dict[str, Callable[[], str]] = {"kafka": missing_kafka, "postgres": missing_postgres, "s3": str}
        return asks[name]()

    def start(self, name: str) -> AbstractContextManager[Settings]:
        """An empty server for one page."""
        starts: dict[str, Callable[[], AbstractContextManager[Settings]]]
        starts = {"kafka": self.kafka, "postgres": postgres, "s3": bucket}
        return starts[name]()

    @contextmanager
    def kafka(self) -> Iterator[Settings]:
        """A broker without topics, and the reader of lines that Kafka brings."""
        from confluent_kafka.admin import AdminClient

        self.broker = self.broker or self.enter_context(run_kafka())
        admin = AdminClient({"bootstrap.servers": self.broker.address})
        topics = [name for name in admin.list_topics(timeout=30).topics if not name.startswith("__")]
        for gone in admin.delete_topics(topics).values() if topics else ():
            gone.result(30)
        reader = shlex.join(self.broker.command("org.apache.kafka.tools.consumer.ConsoleConsumer"))
        yield {}, {"localhost:9092": self.broker.address, "kafka-console-consumer.sh": reader}


@contextmanager
def postgres() -> Iterator[Settings]:
    """A database that lets its owner in."""
    with run_postgres() as server:
        yield {}, {"postgresql://me@host/fraud": f"postgresql://postgres@127.0.0.1:{server.port}/postgres"}


@contextmanager
def bucket() -> Iterator[Settings]:
    """A bucket of moto's."""
    with run_moto() as server:
        server.client().create_bucket(Bucket="bucket")
        yield server.environ(), {}
