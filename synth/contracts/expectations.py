"""The contract of expectations: what a recipe asks of the figures that ``synth stats`` counts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from synth.arrays import Float
from synth.timeline import Timeline

HOUR_S = 3600


@dataclass(frozen=True)
class Expectations:
    """Figures of the control world, in the mean over seeds; None, and empty, is what no number of the recipe tells.

    Attributes:
        rows_n: (n,) float64 rows of each hour that the window touches, from the one in which it begins.
        shares: column → value → share of the rows.
        online: category → share of its purchases on the web.
        medians: category → median amount in major units.
        favourites: share of purchases at a merchant where the customer bought before.
        untold: why there is no figure where there could be one; a line each.
    """

    rows_n: Float | None = None
    shares: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    online: Mapping[str, float] = field(default_factory=dict)
    medians: Mapping[str, float] = field(default_factory=dict)
    favourites: float | None = None
    untold: tuple[str, ...] = ()


def hours_of(timeline: Timeline) -> Float:
    """(n,) how much of each hour that the window touches lies inside it."""
    first, end = timeline.start_s // HOUR_S, -(-timeline.end_s // HOUR_S)
    edge_s = np.clip(HOUR_S * np.arange(first, end + 1), timeline.start_s, timeline.end_s)
    inside_n: Float = np.diff(edge_s) / HOUR_S
    return inside_n


def broken_expectations(expected: Expectations, timeline: Timeline) -> Iterator[str]:
    """Yields what is wrong with a generator's expectations."""
    hours = len(hours_of(timeline))
    if expected.rows_n is not None and np.shape(expected.rows_n) != (hours,):
        yield f"rows_n has the shape {np.shape(expected.rows_n)}, and the window {hours} hours"
