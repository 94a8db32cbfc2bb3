"""Parts of the transactions by time: to learn from, to wait for reports in, to be judged by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from synth.errors import Problem
from synth.tables.column import PLAIN_NAME, Column
from synth.timeline import US_PER_S, Timeline, parse_second

if TYPE_CHECKING:
    from synth.arrays import Values
    from synth.tables.batch import Batch

KEY = "split"
"""What a folder of a part is named by, as that of a partition."""

SplitStarts = Annotated[
    dict[str, str | None],
    Field(description="parts of the transactions by time: name to first second, null for the first; {}: no parts"),
]


@dataclass(frozen=True)
class Split:
    """Parts that follow each other and leave nothing out.

    Attributes:
        names: of the parts, in order.
        starts_us: when each but the first begins, in microseconds since 1970, UTC.
    """

    names: tuple[str, ...] = ()
    starts_us: tuple[int, ...] = ()

    @classmethod
    def of(cls, starts: Mapping[str, str | None]) -> "Split":
        """The parts of a configuration that has no problems."""
        return cls(tuple(starts), tuple(parse_second(text) * US_PER_S for text in starts.values() if text is not None))

    def pieces(self, batch: "Batch") -> "Iterator[tuple[str, Batch]]":
        """Yields each part that has rows here, and these."""
        edges = [0, *np.searchsorted(time_of(batch).view(np.int64), self.starts_us), batch.native.num_rows]
        for name, (first, last) in zip(self.names, pairwise(edges), strict=True):
            if first < last:
                yield name, batch.part(int(first), int(last))


def time_of(batch: "Batch") -> "Values":
    """(t,) when each event happened, as datetime64[us]; of a table that shows it."""
    from synth.tables.arrow import values_of

    at = next(i for i, field in enumerate(batch.table.fields) if field.column.name == "time")
    return values_of(batch.native.column(at)).view("datetime64[us]")


def moment(second: int) -> str:
    """A time as a configuration writes it."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def split_problems(
    starts: Mapping[str, str | None], view: Mapping[str, Column], timeline: Timeline, *, described: bool
) -> Iterator[Problem]:
    """Yields what is wrong with parts.

    Args:
        view: the columns of the transactions, by name.
        described: whether descriptions of the place are wanted, too.
    """
    if not starts:
        return
    if described:
        message = "a place is described for machines as a whole, and not in parts by time"
        yield Problem(path=KEY, message=message, allowed=("describe: false, or no parts",))
    if len(starts) < 2 or next(iter(starts.values())) is not None:
        message = "the first part begins with the window, and another one follows"
        yield Problem(path=KEY, message=message, allowed=("{train: null, delay: 2022-04-01, test: 2022-04-08}",))
    if "time" not in {column.name for column in view.values()}:
        message = "parts are of the event time, which the view does not show"
        yield Problem(path=KEY, message=message, allowed=("columns.add.time=time, or another view",))
    if KEY in view:
        message = f"the view has a column {KEY!r}, as the folders of parts do"
        yield Problem(path=KEY, message=message, allowed=(f"another name for the column: columns.rename.{KEY}=…",))
    before = timeline.start_s
    for name, text in starts.items():
        if not PLAIN_NAME.fullmatch(name):
            allowed = ("letters, digits, _ and -, not beginning with a digit",)
            yield Problem(path=f"{KEY}.{name}", message=f"{name!r} cannot be the name of a part", allowed=allowed)
        if text is None:
            if name != next(iter(starts)):
                yield Problem(path=f"{KEY}.{name}", message="only the first part begins with the window")
            continue
        try:
            second = parse_second(text)
        except (ValueError, OverflowError):
            allowed = ("ISO 8601 in whole seconds, e.g. 2022-04-01 or 2022-04-01T08:30:00",)
            yield Problem(path=f"{KEY}.{name}", message=f"{text!r} is not a time", allowed=allowed)
            continue
        if not before < second < timeline.end_s:
            message = f"{text!r} is not after the part before it, within the window"
            between = (f"later than {moment(before)}", f"earlier than {moment(timeline.end_s)}")
            yield Problem(path=f"{KEY}.{name}", message=message, allowed=between)
        before = second
