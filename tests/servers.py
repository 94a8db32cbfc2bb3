"""Real S3 servers for tests: moto's, fast and lenient, and Ceph's radosgw, strict about credentials and uploads."""

import fcntl
import itertools
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import boto3.session
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CEPH_PROGRAMS = ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
CEPH_INSTALL = "apt-get install -y --no-install-recommends ceph-mon ceph-osd radosgw ceph-base ceph-common"
CEPH_KMS_KEY = "synth-key"
"""The id of a key for encryption, which the cluster knows by itself."""
CEPH_CONF = """
[global]
fsid = {fsid}
mon_host = v1:127.0.0.1:{mon_port}
ms_bind_msgr2 = false
ms_bind_ipv6 = false
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
run_dir = {directory}
admin_socket = {directory}/$name.asok
log_file = {directory}/$name.log
pid_file = {directory}/$name.pid
mon_data = {directory}/mon
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_max_pg_per_osd = 1000
osd_data = {directory}/osd
osd_objectstore = memstore
memstore_device_bytes = 4294967296
osd_crush_chooseleaf_type = 0
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
rgw_run_sync_thread = false
rgw_thread_pool_size = 32
rgw_crypt_require_ssl = false
rgw_crypt_s3_kms_backend = testing
rgw_crypt_s3_kms_encryption_keys = {kms_key}=c3ludGgncyBrZXksIGZvciB0ZXN0cyBvbmx5LCAzMiE=
debug_ms = 0/0
"""


T = TypeVar("T")


@dataclass(frozen=True)
class S3Server:
    """A server that answers, and a user of it who may do everything."""

    endpoint: str
    access_key: str
    secret_key: str

    def environ(self) -> dict[str, str]:
        """The settings that lead a program to this server and nowhere else, whatever the machine has configured."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self) -> "S3Client":
        """A plain client: the second pair of eyes of a test."""
        return self._client

    @cached_property
    def _client(self) -> "S3Client":
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}),
        )


def free_port() -> int:
    """A port of the loopback on which nobody listens.

    It lies below those that the kernel gives to outgoing connections, one of which could take it before the server
    does; processes look from different places on.
    """
    first = 10_000 + os.getpid() * 61 % 10_000
    for port in range(first + next(_ports_given), 32_000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise RuntimeError("no free port between 10000 and 32000")


_ports_given = itertools.count()


def wait_for_port(port: int, log: Path, seconds: float = 180) -> None:
    """Return when somebody listens.

    Raises:
        RuntimeError: nobody did in time; holds the end of the server's log.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    end = log.read_text(errors="replace")[-2000:] if log.exists() else "no log"
    raise RuntimeError(f"no server on port {port} after {seconds} s: {end}")


@contextmanager
def run_moto() -> Iterator[S3Server]:
    """A moto server of one's own; it accepts every key."""
    with tempfile.TemporaryDirectory(prefix="synth-moto-") as directory:
        port, log = free_port(), Path(directory, "moto.log")
        with log.open("wb") as output:
            command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_for_port(port, log)
            yield S3Server(f"http://127.0.0.1:{port}", "moto", "moto")
        finally:
            process.terminate()
            process.wait(10)


def missing_ceph() -> str:
    """Why Ceph cannot be started here and how to get it; empty when it can."""
    missing = [program for program in CEPH_PROGRAMS if shutil.which(program) is None]
    return f"no {', '.join(missing)}; get Ceph with: {CEPH_INSTALL}" if missing else ""


@dataclass(frozen=True)
class Ceph:
    """A cluster of one monitor and one store in memory, with one S3 gateway."""

    directory: str
    server: S3Server

    @classmethod
    def start(cls) -> "Ceph":
        """Start everything; takes a dozen seconds. A busy machine may need more than one attempt."""
        for _ in range(2):
            with suppress(RuntimeError, subprocess.TimeoutExpired):
                return cls._start()
        return cls._start()

    @classmethod
    def _start(cls) -> "Ceph":
        directory = Path(tempfile.mkdtemp(prefix="synth-ceph-"))
        mon_port, fsid, osd = free_port(), str(uuid.uuid4()), str(uuid.uuid4())
        conf = CEPH_CONF.format(fsid=fsid, mon_port=mon_port, directory=directory, kms_key=CEPH_KMS_KEY)
        (directory / "ceph.conf").write_text(conf)
        (directory / "mon").mkdir()
        (directory / "osd").mkdir()
        ceph = cls(str(directory), S3Server(f"http://127.0.0.1:{free_port()}", "SYNTHKEY", "SYNTHSECRET"))
        try:
            monmap, address = str(directory / "monmap"), f"[v1:127.0.0.1:{mon_port}]"
            ceph._call("monmaptool", "--create", "--clobber", "--fsid", fsid, "--addv", "a", address, monmap)
            ceph._call("ceph-mon", "-i", "a", "--mkfs", "--monmap", monmap)
            ceph._call("ceph-mon", "-i", "a")
            ceph._insist("ceph", "osd", "new", osd)
            ceph._call("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
            ceph._insist("ceph-osd", "-i", "0")
            ceph._insist("ceph", "osd", "crush", "add", "osd.0", "1.0", "root=default", "host=localhost")
            ceph.start_gateway("rgw", ceph.server)
            ceph.add_user("synth", ceph.server.access_key, ceph.server.secret_key)
        except BaseException:
            ceph.stop()
            raise
        return ceph

    def stop(self) -> None:
        """Kill every daemon, for nothing here is worth keeping, and remove the directory."""
        for pid_file in sorted(Path(self.directory).glob("*.pid")):
            _kill(pid_file)
        shutil.rmtree(self.directory)

    def add_user(self, name: str, access_key: str, secret_key: str) -> None:
        keys = ("--access-key", access_key, "--secret-key", secret_key)
        self._call("radosgw-admin", "user", "create", f"--uid={name}", f"--display-name={name}", *keys)

    def start_gateway(self, name: str, server: S3Server) -> None:
        """Start an S3 gateway to the same buckets at the server's endpoint: one that a test may kill.

        The name is the caller's own: the processes that share the cluster share its names too.
        """
        port = server.endpoint.rpartition(":")[2]
        self._call("radosgw", "-n", f"client.{name}", f"--rgw-frontends=beast endpoint=127.0.0.1:{port}")
        wait_for_port(int(port), Path(self.directory, f"client.{name}.log"))

    def kill_gateway(self, name: str) -> None:
        _kill(Path(self.directory, f"client.{name}.pid"))

    def _insist(self, *command: str) -> None:
        """Calls again and again: a young monitor may know nothing yet, not even the cluster's id or who may ask."""
        for _ in range(30):
            with suppress(RuntimeError):
                return self._call(*command)
            time.sleep(0.2)
        return self._call(*command)

    def _call(self, *command: str) -> None:
        program, *arguments = command
        if program != "monmaptool":
            arguments = ["-c", f"{self.directory}/ceph.conf", *arguments]
        with Path(self.directory, "start.log").open("a+") as log:
            begun = log.tell()
            answer = subprocess.run([program, *arguments], check=False, timeout=60, stdout=log, stderr=log)
            if answer.returncode:
                log.seek(begun)
                raise RuntimeError(f"{program} ended with {answer.returncode}: {log.read()[-2000:]}")


@contextmanager
def run_ceph() -> Iterator[Ceph]:
    """A cluster of one's own."""
    cluster = Ceph.start()
    try:
        yield cluster
    finally:
        cluster.stop()


@contextmanager
def shared(directory: Path, name: str, run: Callable[[], AbstractContextManager[T]]) -> Iterator[T]:
    """One server for all processes that give the same directory and name, told to the others by pickle.

    The first process starts it, and stops it when no other uses it any more. A lock that all users hold says whether
    one does; the kernel takes it from those that die.
    """
    state = directory / f"{name}.pickle"
    with (directory / f"{name}.users").open("w") as users, ExitStack() as running:
        with (directory / f"{name}.door").open("w") as door:
            fcntl.flock(door, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_SH)
            if is_first := not state.exists():
                state.write_bytes(pickle.dumps(running.enter_context(run())))
        try:
            yield pickle.loads(state.read_bytes())
        finally:
            if is_first:
                fcntl.flock(users, fcntl.LOCK_EX)
                state.unlink()


def _alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be buried does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def _kill(pid_file: Path) -> None:
    if not pid_file.exists():
        return
    pid = int(pid_file.read_text())
    if _alive(pid):
        os.kill(pid, signal.SIGKILL)
    while _alive(pid):
        time.sleep(0.02)
    pid_file.unlink()
