"""What the rows of the transactions can be put into folders by: parts of their time, and columns with few values."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import Field

from synth.errors import Problem
from synth.tables.column import Column
from synth.wording import nearest

TIME_PARTS: Mapping[str, str] = {"year": "%Y", "month": "%Y-%m", "day": "%Y-%m-%d", "hour": "%Y-%m-%d-%H"}
"""Part of the event time, in UTC → how its values are written: whole, as Apache Iceberg writes those of its transforms,
so that each of them says alone when it was."""

NULL = "__HIVE_DEFAULT_PARTITION__"
"""What Hive writes for a value that is missing."""

#: What Hive writes as its number: all else stays as it is, for readers put bytes together each in a way of its own.
_ESCAPED = {ord(sign): f"%{ord(sign):02X}" for sign in "\"#%'*/:=?\\\x7f{[]^" + "".join(map(chr, range(32)))}

#: The field ``partition_by`` of a sink.
PartitionKeys = Annotated[
    list[str],
    Field(
        description=f"folders of the transactions: parts of their time ({', '.join(TIME_PARTS)}), columns of few values"
    ),
]


def escaped(text: str) -> str:
    """A key or a value, as the name of a folder has it."""
    return text.translate(_ESCAPED)


def partition_problems(keys: Sequence[str], view: Mapping[str, Column], *, decoded: bool = True) -> Iterator[Problem]:
    """What is wrong with the keys of partitions.

    >>> [problem.message for problem in synth.partition_problems(["day"], {})]
    ["'day' is a part of the event time, which the view does not show"]

    Args:
        keys: in the words of a recipe.
        view: the columns of the transactions, by name.
        decoded: whether readers decode the keys in the names of folders.

    Yields:
        One problem for each, and one where the view cannot put its rows back in order.
    """
    shown = {column.name for column in view.values()}
    few = tuple(name for name, column in view.items() if _has_few_values(column))
    for i, key in enumerate(keys):
        path = "partition_by"
        if key in keys[:i]:
            yield Problem(path=path, message=f"{key!r} is named twice", allowed=("each key once",))
        elif key in TIME_PARTS and key in view:
            message = f"{key!r} is a part of the time, and the view has a column of that name"
            yield Problem(path=path, message=message, allowed=(f"another name for the column: columns.rename.{key}=…",))
        elif key in TIME_PARTS and "time" not in shown:
            message = f"{key!r} is a part of the event time, which the view does not show"
            yield Problem(path=path, message=message, allowed=("columns.add.time=time, or another view",))
        elif key not in TIME_PARTS and key not in few:
            what = "has too many values for folders" if key in view else "is no column of the view"
            hint = "" if key in view else nearest(key, (*TIME_PARTS, *few))
            yield Problem(path=path, message=f"{key!r} {what}", allowed=(*TIME_PARTS, *few), hint=hint)
        elif not decoded and key != escaped(key):
            message = f"{key!r} names folders, which readers take as they are"
            yield Problem(path=path, message=message, allowed=("names of letters and digits",))
    of_columns = [key for key in keys if key in few]
    if of_columns and "event_id" not in shown:
        message = (
            f"rows in folders by {of_columns[0]!r} are put back in order by event_id, which the view does not show"
        )
        yield Problem(path="partition_by", message=message, allowed=("columns.add.event_id=event_id", *TIME_PARTS))


def _has_few_values(column: Column) -> bool:
    return column.enumerated or column.arrow == "int8"
