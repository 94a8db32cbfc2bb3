"""These tests make plugins of their own: those that come with synth stay out."""

import pytest

import synth.config.catalog as loading
from synth.config.catalog.modules import list_entry_points
from synth.libraries import PACKAGE


@pytest.fixture(autouse=True)
def nothing_comes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    def others() -> object:
        return [point for point in list_entry_points() if point.dist is None or point.dist.name != PACKAGE]

    monkeypatch.setattr(loading, "list_entry_points", others)
