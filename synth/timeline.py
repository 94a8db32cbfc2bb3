"""The window of a run and its blocks: half-open, in UTC, at one-second resolution."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import numpy as np
from pydantic import Field

from synth.arrays import Int64
from synth.errors import Problem

US_PER_S = 1_000_000


@dataclass(frozen=True, kw_only=True)
class TimelineConfig:
    """The half-open window [start, end)."""

    start: Annotated[str, Field(description="first second of the window, ISO 8601, UTC unless it names an offset")]
    end: Annotated[str, Field(description="first second after the window, ISO 8601, UTC unless it names an offset")]

    def problems(self) -> Iterator[Problem]:
        """Yields what the field ranges alone cannot say."""
        seconds = {}
        for name, text in (("start", self.start), ("end", self.end)):
            try:
                seconds[name] = parse_second(text)
            except (ValueError, OverflowError) as error:
                yield Problem(
                    path=name,
                    message=f"{text!r} is not a time{_reason(error)}",
                    allowed=("ISO 8601 in whole seconds, e.g. 2022-01-01 or 2022-01-01T08:30:00",),
                )
        if len(seconds) == 2 and seconds["start"] >= seconds["end"]:
            yield Problem(
                path="end", message=f"{self.end!r} is not after start {self.start!r}", allowed=("a time after start",)
            )


def _reason(error: Exception) -> str:
    """What datetime has against a time, without the time itself."""
    reason = str(error)
    if isinstance(error, OverflowError):
        reason = "in UTC it lies outside the years 1 to 9999"
    elif reason.startswith("offset must be"):
        reason = "its offset is beyond 24 hours"
    return "" if reason.startswith("Invalid isoformat") else f": {reason}"


def parse_second(text: str) -> int:
    """Seconds since 1970-01-01 UTC of an ISO 8601 text.

    Raises:
        ValueError: not ISO 8601, or finer than a second.
    """
    moment = datetime.fromisoformat(text)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if moment.microsecond:
        raise ValueError("it is finer than a second")
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())


@dataclass(frozen=True)
class Timeline:
    """A parsed window; seconds since 1970-01-01 UTC."""

    start_s: int
    end_s: int

    @classmethod
    def parse(cls, config: TimelineConfig) -> "Timeline":
        """The window of a config that has no problems."""
        return cls(parse_second(config.start), parse_second(config.end))

    @property
    def seconds(self) -> int:
        """Length of the window."""
        return self.end_s - self.start_s

    def cut(self, blocks: int) -> Int64:
        """(b + 1,) edges of equal slices, in seconds; ``blocks`` is lowered to one a second at most."""
        blocks = max(1, min(blocks, self.seconds))
        offsets = [self.seconds * i // blocks for i in range(blocks + 1)]
        return self.start_s + np.array(offsets, dtype=np.int64)
