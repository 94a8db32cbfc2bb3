"""Real clusters on this machine: a Spark standalone master with two workers, a Ray head with a worker."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import free_port, wait_for_port

#: No test of a cluster takes longer to start.
_START_S = 240


def missing_java() -> str:
    """Why Spark cannot be started here; empty where it can."""
    return "" if shutil.which("java") else "there is no Java here: apt-get install openjdk-17-jre-headless"


@dataclass
class Cluster:
    """What runs, and how a driver gets there.

    Attributes:
        override: of a recipe, that runs it here.
        environ: of a driver.
        processes: those of the cluster, by name.
    """

    override: tuple[str, ...]
    environ: Mapping[str, str]
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def synth(self, *words: str, cwd: Path) -> "subprocess.Popen[str]":
        """A command of synth, whose driver is in a process of its own."""
        command = [sys.executable, "-m", "synth", *words]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, cwd=cwd, env=dict(self.environ), stdout=pipe, stderr=subprocess.STDOUT, text=True
        )

    def python_workers(self, *marks: str) -> list[int]:
        """The processes below the cluster's whose command line has all marks, and that compute."""
        below = _descendants([process.pid for process in self.processes.values()])
        return [pid for pid in below if all(mark in _command_line(pid) for mark in marks)]


def _descendants(roots: list[int]) -> list[int]:
    parents = {}
    for path in Path("/proc").iterdir():
        if path.name.isdecimal():
            try:
                parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = list(roots)
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


@contextmanager
def spark_cluster(folder: Path) -> Iterator[Cluster]:
    """A master and two workers of one core each."""
    import pyspark

    home, port = Path(pyspark.__file__).parent, free_port()
    master = f"spark://127.0.0.1:{port}"
    environ = os.environ | {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_MASTER_HOST": "127.0.0.1",
        "SPARK_LOG_DIR": str(folder),
        "SPARK_WORKER_DIR": str(folder / "work"),
        "SPARK_LOCAL_DIRS": str(folder / "local"),
        "SPARK_CONF_DIR": str(folder),
        "PYSPARK_PYTHON": sys.executable,
    }
    settings = ("spark.ui.enabled false", "spark.executor.memory 512m", "spark.driver.host 127.0.0.1")
    (folder / "spark-defaults.conf").write_text("\n".join(settings))
    cluster = Cluster(("runner=spark", f"runner.master={master}"), environ)
    start = [str(home / "bin" / "spark-class"), "org.apache.spark.deploy"]
    try:
        _start(cluster, "master", [start[0], f"{start[1]}.master.Master", "-h", "127.0.0.1", "-p", str(port)], folder)
        wait_for_port(port, folder / "master.log", _START_S)
        for name in ("one", "two"):
            where = ["-h", "127.0.0.1", "-c", "1", "-m", "1g", "-d", str(folder / name), master]
            _start(cluster, name, [start[0], f"{start[1]}.worker.Worker", *where], folder)
        _wait_for(folder / "master.log", "Registering worker", 2)
        yield cluster
    finally:
        _stop(cluster)


@contextmanager
def ray_cluster(folder: Path) -> Iterator[Cluster]:
    """A head without cores, and a worker with two: every block is made on a machine that is not the driver's."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    environ = os.environ | {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "1", "RAY_USAGE_STATS_ENABLED": "0"}
    environ |= {"RAY_DEDUP_LOGS": "0", "RAY_enable_uv_run_runtime_env": "0"}
    cluster = Cluster(("runner=ray", f"runner.address={address}"), environ)
    ray = [str(Path(sys.executable).with_name("ray")), "start", "--block", "--disable-usage-stats"]
    memory = ["--object-store-memory", "100000000"]
    head = ["--head", "--port", str(port), "--num-cpus", "0", "--include-dashboard", "false"]
    try:
        own = ["--temp-dir", str(folder / "r"), *_ports(20_000)]
        _start(cluster, "head", [*ray, *head, *memory, *own], folder)
        _wait_for(folder / "head.log", "Ray runtime started", 1)
        _start(cluster, "worker", [*ray, "--address", address, "--num-cpus", "2", *memory, *_ports(23_000)], folder)
        _wait_for(folder / "worker.log", "Ray runtime started", 1)
        yield cluster
    finally:
        _stop(cluster)


def _ports(first: int) -> list[str]:
    """Those of a node: two on one machine must not want the same."""
    workers = ["--min-worker-port", str(first), "--max-worker-port", str(first + 2_000)]
    return [*workers, "--dashboard-agent-listen-port", str(first + 2_001)]


def _start(cluster: Cluster, name: str, command: list[str], folder: Path) -> None:
    with (folder / f"{name}.log").open("wb") as log:
        cluster.processes[name] = subprocess.Popen(
            command, env=dict(cluster.environ), stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )


def _wait_for(log: Path, text: str, times: int) -> None:
    until = time.monotonic() + _START_S
    while log.read_text(errors="replace").count(text) < times:
        if time.monotonic() > until:
            raise TimeoutError(log.read_text(errors="replace"))
        time.sleep(0.1)


def _stop(cluster: Cluster) -> None:
    """Ends the processes and all that they have started."""
    mine = _descendants([process.pid for process in cluster.processes.values()])
    for pid in mine:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    for process in cluster.processes.values():
        process.wait()
