"""Real clusters on this machine: a Spark standalone master with two workers, a Ray head with a worker."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import free_port

#: No cluster takes longer to start, on however busy a machine.
_START_S = 240


def missing_java() -> str:
    """Why Spark cannot be started here; empty where it can."""
    return "" if shutil.which("java") else "there is no Java here: apt-get install openjdk-17-jre-headless"


@dataclass(frozen=True)
class Node:
    """A process of a cluster.

    Attributes:
        command: that starts it.
        log: where it says that it is there, and with what words.
    """

    command: list[str]
    log: Path
    ready: str


@dataclass
class Cluster:
    """What runs, and how a driver gets there.

    Attributes:
        override: of a recipe, that runs it here.
        environ: of a driver, and of all nodes.
        mark: stands in the command line of a process that makes blocks.
        nodes: by name; that of the coordinator comes first.
        running: the processes of the nodes.
    """

    override: tuple[str, ...]
    environ: Mapping[str, str]
    mark: str
    nodes: dict[str, Node] = field(default_factory=dict)
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def worker(self) -> str:
        """A node that a run can do without."""
        return list(self.nodes)[-1]

    def start(self, name: str) -> None:
        """Starts a node, and waits until it is one."""
        node = self.nodes[name]
        said = _said(node)
        with node.log.with_name(f"{name}.out").open("ab") as out:
            self.running[name] = subprocess.Popen(
                node.command, env=dict(self.environ), stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )
        until = time.monotonic() + _START_S
        while _said(node) == said:
            if self.running[name].poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{name} did not start: {node.log.with_name(f'{name}.out').read_text()[-3000:]}")
            time.sleep(0.1)

    def kill(self, name: str) -> None:
        """Ends a node and all that it has started at once, as when its machine is lost."""
        process = self.running.pop(name)
        for pid in _descendants(process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()

    def block_makers(self, name: str) -> list[int]:
        """The processes of a node that make blocks."""
        return [pid for pid in _descendants(self.running[name].pid) if self.mark in _command_line(pid)]

    def synth(self, *words: str, cwd: Path) -> "subprocess.Popen[str]":
        """A command of synth, whose driver is in a process of its own."""
        command = [sys.executable, "-m", "synth", *words]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, cwd=cwd, env=dict(self.environ), stdout=pipe, stderr=subprocess.STDOUT, text=True
        )


def _said(node: Node) -> int:
    return node.log.read_text(errors="replace").count(node.ready) if node.log.exists() else 0


def _descendants(root: int) -> list[int]:
    """A process and all below it."""
    parents = {}
    for path in Path("/proc").iterdir():
        if path.name.isdecimal():
            with suppress(OSError):
                parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


@contextmanager
def _running(cluster: Cluster) -> Iterator[None]:
    try:
        for name in cluster.nodes:
            cluster.start(name)
        yield
    finally:
        for name in list(cluster.running):
            cluster.kill(name)


@contextmanager
def spark_cluster(folder: Path, environ: Mapping[str, str]) -> Iterator[Cluster]:
    """A master and two workers of one core each."""
    import pyspark

    home, port = Path(pyspark.__file__).parent, free_port()
    master, log = f"spark://127.0.0.1:{port}", folder / "master.out"
    own = {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_CONF_DIR": str(folder),
        "SPARK_LOCAL_DIRS": str(folder / "local"),
        "PYSPARK_PYTHON": sys.executable,
    }
    settings = ("spark.ui.enabled false", "spark.executor.memory 512m", "spark.driver.host 127.0.0.1")
    (folder / "spark-defaults.conf").write_text("\n".join(settings))
    start = [str(home / "bin" / "spark-class"), "org.apache.spark.deploy"]
    nodes = {"master": Node([start[0], f"{start[1]}.master.Master", "-h", "127.0.0.1", "-p", str(port)], log, "ALIVE")}
    for name in ("one", "two"):
        where = ["-h", "127.0.0.1", "-c", "1", "-m", "1g", "-d", str(folder / name), master]
        nodes[name] = Node([start[0], f"{start[1]}.worker.Worker", *where], log, "Registering worker")
    cluster = Cluster(("runner=spark", f"runner.master={master}"), {**environ, **own}, "pyspark.daemon", nodes)
    with _running(cluster):
        yield cluster


@contextmanager
def ray_cluster(folder: Path, environ: Mapping[str, str]) -> Iterator[Cluster]:
    """A head and a worker of one core each.

    Ray 2.60 asks for a token wherever it is started by its command, and tells whoever has none that it cannot connect.
    """
    port = free_port()
    address = f"127.0.0.1:{port}"
    own = {"RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0", "RAY_enable_uv_run_runtime_env": "0"}
    ray = [str(Path(sys.executable).with_name("ray")), "start", "--block", "--num-cpus", "1"]
    ray += ["--object-store-memory", "100000000", "--node-ip-address", "127.0.0.1"]
    # Short: below it lie sockets, whose paths may have 107 characters.
    head = ["--head", "--port", str(port), "--include-dashboard", "false", "--temp-dir", str(folder / "r")]
    nodes = {
        "head": Node([*ray, *head, *_ports(20_000)], folder / "head.out", "Ray runtime started"),
        "worker": Node([*ray, "--address", address, *_ports(23_000)], folder / "worker.out", "Ray runtime started"),
    }
    cluster = Cluster(("runner=ray", f"runner.address={address}"), {**environ, **own}, "ray::make_block", nodes)
    with _running(cluster):
        yield cluster


def _ports(first: int) -> list[str]:
    """Those of a node: two on one machine must not want the same."""
    workers = ["--min-worker-port", str(first), "--max-worker-port", str(first + 2_000)]
    return [*workers, "--dashboard-agent-listen-port", str(first + 2_001)]
