"""Apache Kafka itself for tests: one broker in KRaft mode on the loopback, from Maven Central, under Java 17."""

import base64
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.servers import free_port, wait_for_port

POM = Path(__file__).with_name("pom.xml")
INSTALL = "apt-get install -y --no-install-recommends openjdk-17-jre-headless maven"
USER, PASSWORD = "synth", "hunter2canary"

_SETTINGS = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAIN://127.0.0.1:{plain},SASL://127.0.0.1:{sasl},BEHIND://127.0.0.1:{behind},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAIN://127.0.0.1:{plain},SASL://127.0.0.1:{sasl},BEHIND://127.0.0.1:{proxy}
listener.security.protocol.map=PLAIN:PLAINTEXT,SASL:SASL_PLAINTEXT,BEHIND:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAIN
controller.listener.names=CONTROLLER
sasl.enabled.mechanisms=PLAIN
listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
  user_{user}="{password}";
log.dirs={directory}/log
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.retention.check.interval.ms={retention_check_ms}
log.initial.task.delay.ms=1000
"""


def missing_kafka() -> str:
    """Why the broker cannot be started here and how to get it; empty when it can."""
    missing = [program for program in ("java", "mvn") if shutil.which(program) is None]
    return f"no {' and no '.join(missing)}; get Java 17 and Maven with: {INSTALL}" if missing else ""


@cache
def class_path() -> str:
    """The jars, as Java wants them; Maven fetches at first what its own cache, ~/.m2, lacks.

    Raises:
        RuntimeError: Maven cannot get them.
    """
    with tempfile.NamedTemporaryFile("r", prefix="synth-class-path-") as target:
        goal = ["dependency:build-classpath", f"-Dmdep.outputFile={target.name}"]
        command = ["mvn", "-q", "-B", "-ntp", "-f", str(POM), *goal]
        for cached in (["-o"], []):
            answer = subprocess.run([*command, *cached], check=False, capture_output=True, text=True, timeout=300)
            if answer.returncode == 0:
                return Path(target.name).read_text()
    raise RuntimeError(f"Maven cannot get Kafka: {(answer.stdout + answer.stderr)[-2000:]}")


@dataclass
class Broker:
    """A broker that a test may kill and start again; what it has acknowledged, it keeps."""

    directory: Path
    class_path: str
    ports: Mapping[str, int]
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def address(self) -> str:
        """The listener that lets everybody in."""
        return f"127.0.0.1:{self.ports['plain']}"

    @property
    def sasl_address(self) -> str:
        """The listener that asks for user and password."""
        return f"127.0.0.1:{self.ports['sasl']}"

    @property
    def proxy_address(self) -> str:
        """Where clients come who begin there; a test has a proxy listen, which leads to ``ports["behind"]``."""
        return f"127.0.0.1:{self.ports['proxy']}"

    @property
    def mutual_address(self) -> str:
        """The listener that asks for a certificate, where there is one."""
        return f"127.0.0.1:{self.ports['mutual']}"

    @classmethod
    def make(
        cls, directory: Path, *, retention_check_ms: int = 300_000, settings: str = "", users: Sequence[str] = ()
    ) -> "Broker":
        """Format the storage; the broker does not run yet.

        Args:
            settings: more of them, which stand above the others; ``{plain}`` and the like are filled in.
            users: SCRAM users, as the tool that formats the storage takes them.
        """
        ports = {name: free_port() for name in ("plain", "sasl", "mutual", "behind", "proxy", "controller")}
        broker = cls(directory, class_path(), ports)
        values = {"directory": directory, "user": USER, "password": PASSWORD, "retention_check_ms": retention_check_ms}
        file = directory / "server.properties"
        file.write_text((_SETTINGS + settings).format(**ports, **values))
        identity = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        more = [word for user in users for word in ("--add-scram", user)]
        broker.tool("kafka.tools.StorageTool", "format", "-t", identity, "-c", str(file), *more)
        return broker

    def start(self) -> None:
        """Start it, or start it again, and wait until it takes connections."""
        log = self.directory / "broker.log"
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                self._java("kafka.Kafka", str(self.directory / "server.properties"), heap="-Xmx768m"),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_for_port(self.ports["plain"], log, 180)  # a busy machine takes minutes

    def kill(self) -> None:
        """Stop it as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(30)
            self.process = None

    def tool(self, name: str, *arguments: str, timeout: float = 60) -> str:
        """What one of Kafka's own command line tools prints.

        Raises:
            RuntimeError: the tool failed.
        """
        command = self.command(name, *arguments)
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=timeout)
        if done.returncode:
            raise RuntimeError(f"{name} ended with {done.returncode}: {(done.stdout + done.stderr)[-2000:]}")
        return done.stdout

    def command(self, name: str, *arguments: str) -> list[str]:
        """The words that start one of Kafka's own command line tools."""
        return self._java(name, *arguments, heap="-Xmx256m")

    def _java(self, name: str, *arguments: str, heap: str) -> list[str]:
        options = (heap, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
        return ["java", *options, "-cp", self.class_path, name, *arguments]


@contextmanager
def run_kafka(*, retention_check_ms: int = 300_000) -> Iterator[Broker]:
    """A broker of one's own, gone afterwards with all that it held."""
    directory = Path(tempfile.mkdtemp(prefix="synth-kafka-"))
    broker = None
    try:
        broker = Broker.make(directory, retention_check_ms=retention_check_ms)
        broker.start()
        yield broker
    finally:
        if broker is not None:
            broker.kill()
        shutil.rmtree(directory, ignore_errors=True)
