"""Computes the age of event times at the moment in which their rows are sent."""

from synth.clock.config import ClockConfig
from synth.clock.schedule import start_us
from synth.timeline import US_PER_S, Timeline


def ages_when_sent(config: ClockConfig, timeline: Timeline, *, now_s: float) -> tuple[float, float]:
    """The greatest and the least age, in seconds, of a stream that starts now; negative for times to come.

    Between the window's start, the stream's start and the window's end ages rise or fall steadily, so that these three
    tell. What is sent at once, or at a rate, is taken as sent now.

    Args:
        now_s: wall clock, in seconds since 1970 (UTC).
    """
    live_s = start_us(config, timeline) / US_PER_S
    shift_s = now_s - live_s if config.rebase else 0.0
    ages = []
    for event_s in (timeline.start_s, live_s, timeline.end_s):
        later_s = max(0.0, event_s - live_s) / config.speed if config.speed is not None else 0.0
        ages.append(now_s + later_s - (event_s + shift_s))
    return max(ages), min(ages)
