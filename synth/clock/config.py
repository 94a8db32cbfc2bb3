"""The clock of a stream: how fast, from when on, and what happens when nobody keeps up."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from synth.errors import Problem
from synth.timeline import parse_second

#: The word for the last 24 hours of the window, or all of a shorter one.
LAST_DAY = "last_day"


@dataclass(frozen=True, kw_only=True)
class RateSegmentConfig:
    """A stretch of a rate: constant, or a straight line from one rate to another."""

    events_per_s: Annotated[float, Field(ge=0, le=1e7, description="rate at its beginning")]
    to_events_per_s: Annotated[
        float | None, Field(ge=0, le=1e7, description="rate at its end; null: the same as at its beginning")
    ] = None
    for_s: Annotated[float | None, Field(gt=0, le=1e9, description="seconds that it takes; null: for ever")] = None

    @property
    def end_rate(self) -> float:
        """Events a second at its end."""
        return self.events_per_s if self.to_events_per_s is None else self.to_events_per_s


@dataclass(frozen=True, kw_only=True)
class RateConfig:
    """A schedule by rate: segments one after the other; after the last one its end's rate goes on."""

    segments: Annotated[list[RateSegmentConfig], Field(min_length=1, description="stretches of the rate, in order")]
    repeat: Annotated[bool, Field(description="whether the segments begin again after the last one")]
    poisson: Annotated[bool, Field(description="whether events come at random around the rate, as a Poisson process")]

    def problems(self) -> Iterator[Problem]:
        """What the ranges alone cannot say."""
        for i, segment in enumerate(self.segments):
            last = i == len(self.segments) - 1
            if segment.for_s is None and (self.repeat or not last):
                what = "it is to repeat" if last else "others follow it"
                yield Problem(
                    path=f"rate.segments.{i}.for_s", message=f"segment {i} has no end, and {what}", allowed=("seconds",)
                )
            if segment.for_s is None and segment.end_rate != segment.events_per_s:
                message = f"segment {i} has no end to reach its last rate at"
                yield Problem(
                    path=f"rate.segments.{i}.to_events_per_s", message=message, allowed=("null, or for_s in seconds",)
                )
        if self.repeat and not any(s.events_per_s or s.end_rate for s in self.segments):
            yield Problem(
                path="rate.segments",
                message="no segment has a rate above 0: nothing would ever be sent",
                allowed=("a rate above 0",),
            )
        if not self.repeat and self.segments[-1].end_rate == 0:
            yield Problem(
                path="rate.segments",
                message="the rate ends at 0: the stream would never end",
                allowed=("a last rate above 0, or repeat",),
            )


@dataclass(frozen=True, kw_only=True)
class OverloadConfig:
    """What happens to events that cannot be sent in time."""

    policy: Annotated[
        Literal["block", "skip", "fail"],
        Field(description="block: sent late; skip: left out and counted; fail: the stream stops"),
    ]
    after_s: Annotated[float, Field(ge=0.01, le=86_400, description="seconds behind its time that are too late")]


@dataclass(frozen=True, kw_only=True)
class ClockConfig:
    """When the events of a stream are due: at once, by their own times, or at a rate. `synth run` has no clock."""

    speed: Annotated[
        float | None,
        Field(gt=0, le=1e9, description="seconds of event time a second; null: not by event time"),
    ]
    live_from: Annotated[
        str | None,
        Field(
            description="event time that is now, before which events are due at once; last_day: that of the window; "
            "null: the window's start"
        ),
    ]
    rebase: Annotated[bool, Field(description="whether the event times themselves are shifted to now")]
    rate: Annotated[RateConfig | None, Field(description="a schedule by rate; null: none")]
    overload: Annotated[OverloadConfig, Field(description="what happens to events that cannot be sent in time")]

    @property
    def paced(self) -> bool:
        """Whether events have a time at which they are due."""
        return self.speed is not None or self.rate is not None

    @property
    def pinned(self) -> bool:
        """Whether event times stand for moments of the wall clock, so that a stream that goes on has to catch up."""
        return self.rebase or self.live_from is not None

    def problems(self) -> Iterator[Problem]:
        """Yields what the field ranges alone cannot say."""
        if self.rate is not None:
            yield from self.rate.problems()
            if self.speed is not None:
                yield Problem(
                    path="speed",
                    message="a clock goes by event time or by rate, not by both",
                    allowed=("speed or rate, the other null",),
                )
        if self.speed is None:
            for name, given in (("live_from", self.live_from is not None), ("rebase", self.rebase)):
                if given:
                    yield Problem(
                        path=name,
                        message=f"{name} is for a clock that goes by event time",
                        allowed=("clock.speed as a number",),
                    )
        elif self.rebase and self.speed != 1:
            yield Problem(
                path="speed",
                message=f"event times that are shifted to now pass at speed 1, not {self.speed:g}",
                allowed=("1",),
            )
        if self.live_from not in (None, LAST_DAY):
            try:
                parse_second(self.live_from)
            except (ValueError, OverflowError):
                yield Problem(
                    path="live_from",
                    message=f"{self.live_from!r} is not a time",
                    allowed=(f"ISO 8601 in whole seconds, e.g. 2022-05-31; or {LAST_DAY}",),
                )
