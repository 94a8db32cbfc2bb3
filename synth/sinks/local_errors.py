"""What goes wrong in a directory, in words."""

from __future__ import annotations

import logging
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from errno import EDQUOT, ENOSPC
from typing import TYPE_CHECKING

from synth.errors import shortage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synth.errors import SynthError
    from synth.sinks.places import LocalPlace

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LocalErrors:
    """Makes one line of an error of the system."""

    _place: LocalPlace

    @contextmanager
    def explaining(self, kind: type[SynthError], doing: str) -> Iterator[None]:
        """Turn an OSError into one line: what was tried, where, why not, and what to do."""
        try:
            yield
        except OSError as error:
            advice = "is it the right place?" if doing.startswith("read") else "choose another uri"
            if error.errno in {ENOSPC, EDQUOT}:
                advice = f"{shutil.disk_usage(self.nearest()).free:,} bytes are free: make room or {advice}"
            why = shortage(error) or f"{error.strerror or error}; {advice}"
            raise kind(f"cannot {doing} {self._place.uri}: {why}") from error

    @contextmanager
    def forgiving(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            log.warning(
                "something is left in %s: %s; the next run there takes it back", self._place.uri, error.strerror
            )

    def nearest(self) -> Path:
        """The place, or of its parents the first that exists."""
        return next(p for p in (self._place.path, *self._place.path.parents) if os.path.lexists(p))
