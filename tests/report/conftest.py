"""What the tests of reports share: places, and a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import require
from tests.report.browser import Browser, missing_chromium, run_chromium
from tests.report.places import make_places


@pytest.fixture(scope="package")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("report")
    make_places(directory)
    return directory


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    require(missing_chromium())
    with run_chromium() as browser:
        yield browser
