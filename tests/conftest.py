"""Servers that tests share. A fixture starts its server at first use and stops it with the session."""

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.kafka.broker import Broker, missing_kafka, run_kafka
from tests.servers import Ceph, S3Server, missing_ceph, run_moto, share_ceph

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
    """Keeps in one test process what shares finished runs, or a kit's bench: each process would make its own.

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
    """A test's class, or its module where it uses a fixture of the module; empty for others, which may run anywhere."""
    if not isinstance(item, pytest.Function):
        return ""
    if item.cls is not None:
        return f"{item.cls.__module__}.{item.cls.__name__}"
    definitions = item._fixtureinfo.name2fixturedefs
    used = [definitions[name][-1] for name in item.fixturenames if name in definitions]
    return item.module.__name__ if any(fixture.scope == "module" for fixture in used) else ""


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A moto server, one for each test process: fast, takes any key."""
    with run_moto(tmp_path_factory.mktemp("moto")) as server:
        yield server


@pytest.fixture(scope="session")
def ceph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ceph]:
    """Ceph with its S3 gateway, one for all test processes: checks keys, keeps true multipart state."""
    require(missing_ceph())
    base = tmp_path_factory.getbasetemp()
    shared: Path = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with share_ceph(shared) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def kafka() -> Iterator[Broker]:
    """Apache Kafka, one for each test process that needs it; a test that kills it starts it again."""
    require(missing_kafka())
    with run_kafka() as broker:
        yield broker


def require(missing: str) -> None:
    """Skips, or fails where servers are required, when something is missing."""
    if missing and os.environ.get("SYNTH_REQUIRE_SERVERS") == "1":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
