"""Servers that tests share. A fixture starts its server at first use and stops it with the session."""

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.kafka.broker import Broker, missing_kafka, run_kafka
from tests.kafka.secure import SecureBroker, run_secure_kafka
from tests.plugins.postgres_server import PostgresServer, missing_postgres, run_postgres
from tests.servers import Ceph, S3Server, missing_ceph, run_ceph, run_moto, shared

# The same examples on every machine, however busy it is.
settings.register_profile("synth", deadline=None, derandomize=True)
settings.load_profile("synth")


class Immediately:
    """Shows a failure when it happens: pytest itself shows it at the end, which may be many minutes later."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            out = self._config.get_terminal_writer()
            out.line()
            out.sep("_", f"{report.nodeid} ({report.when})")
            report.toterminal(out)


def pytest_configure(config: pytest.Config) -> None:
    if (
        signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    ):  # a shell's background job: what tests start would ignore Ctrl-C
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):  # a process of pytest-xdist hands its reports over
        config.pluginmanager.register(Immediately(config))


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks for the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps in one test process what shares a server, finished runs, or a kit's bench: each would make its own.

    Where there are several processes, what is slow comes first, so that none has it left when the others are done.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    for item in items:
        group = _shared_within(item)
        if group and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(group))


def pytest_collection_finish() -> None:
    """Spares the collector of garbage what stays until the end: thousands of tests, and all that they import.

    It took a fifth of the time of tests that compose configurations.
    """
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


def _shared_within(item: pytest.Item) -> str:
    """Which tests should run in the same process; empty for one that may run anywhere.

    A server that is none of all processes, or the test's class, or its module where it uses a fixture of the module.
    """
    if not isinstance(item, pytest.Function):
        return ""
    definitions = item._fixtureinfo.name2fixturedefs
    used = [definitions[name][-1] for name in item.fixturenames if name in definitions]
    for fixture in used:
        if (
            fixture.scope == "session"
            and fixture.func.__module__ == __name__
            and "of_all_processes" not in fixture.argnames
        ):
            return fixture.argname
    if item.cls is not None:
        return f"{item.cls.__module__}.{item.cls.__name__}"
    return item.module.__name__ if any(fixture.scope == "module" for fixture in used) else ""


@pytest.fixture(scope="session")
def of_all_processes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all test processes have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def moto(of_all_processes: Path) -> Iterator[S3Server]:
    """A moto server for all test processes: fast, takes any key."""
    with shared(of_all_processes, "moto", run_moto) as server:
        yield server


@pytest.fixture(scope="session")
def ceph(of_all_processes: Path) -> Iterator[Ceph]:
    """Ceph with its S3 gateway for all test processes: checks keys, keeps true multipart state."""
    require(missing_ceph())
    with shared(of_all_processes, "ceph", run_ceph) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def kafka() -> Iterator[Broker]:
    """Apache Kafka; a test that kills it starts it again."""
    require(missing_kafka())
    with run_kafka() as broker:
        yield broker


@pytest.fixture(scope="session")
def secure_kafka() -> Iterator[SecureBroker]:
    """Apache Kafka that lets nobody in unknown."""
    require(missing_kafka())
    with run_secure_kafka() as broker:
        yield broker


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """PostgreSQL; a test may cut every connection that there is."""
    require(missing_postgres())
    with run_postgres() as server:
        yield server


@pytest.fixture
def schema(postgres: PostgresServer) -> str:
    """A fresh schema in PostgreSQL."""
    return postgres.fresh_schema()


def require(missing: str) -> None:
    """Skips, or fails where servers are required, when something is missing."""
    if missing and os.environ.get("SYNTH_REQUIRE_SERVERS") == "1":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
