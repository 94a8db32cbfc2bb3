"""Apicurio Registry, from Maven Central, under Java 17: it speaks the schema registry's common language, too."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import free_port, wait_for_port

ARTIFACT = "io.apicurio:apicurio-registry-app:2.5.11.Final:tar.gz:all"


@contextmanager
def run_registry(directory: Path) -> Iterator[str]:
    """A registry of one's own; yields its address. Maven fetches 140 MB at first."""
    unpack = ("dependency:unpack", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={directory}")
    subprocess.run(["mvn", "-q", "-B", "-ntp", *unpack], cwd=directory, check=True, timeout=300)
    [runner] = directory.glob("*-runner.jar")
    port, log = free_port(), directory / "registry.log"
    with log.open("wb") as output:
        environment = os.environ | {"QUARKUS_HTTP_PORT": str(port), "QUARKUS_HTTP_HOST": "127.0.0.1"}
        command = ["java", "-Xmx512m", "-jar", str(runner)]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_for_port(port, log, seconds=120)
        yield f"http://127.0.0.1:{port}/apis/ccompat/v6"
    finally:
        process.kill()
        process.wait(30)
