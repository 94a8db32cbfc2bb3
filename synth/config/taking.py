"""What runs take for themselves: directories, prefixes, tables, topics; the same twice, or one within another."""

import os
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from synth.sinks.places import LocalPlace, parse_uri

Steps = tuple[str, ...]
"""A thing that is taken, from the whole to the part."""

T = TypeVar("T", bound=Hashable)


def steps_of(uri: str) -> Steps:
    """A place of files.

    Raises:
        RefusedError: the uri is none.
    """
    place = parse_uri(uri)
    if isinstance(place, LocalPlace):
        return ("file", *os.path.realpath(place.path).strip("/").split("/"))
    return ("s3", place.bucket, *filter(None, place.prefix.split("/")))


def meet(one: Steps, other: Steps) -> bool:
    """Whether two things are the same, or one lies within the other."""
    return one[: len(other)] == other[: len(one)]


def meeting(taken: Iterable[tuple[Steps, T]]) -> list[set[T]]:
    """The takers whose things ``meet``; takers that meet nobody are left out.

    Args:
        taken: each thing with who takes it; a taker does not meet itself.
    """
    takers: Mapping[Steps, set[T]] = defaultdict(set)
    for steps, taker in taken:
        takers[steps].add(taker)
    below: Mapping[Steps, set[T]] = defaultdict(set)
    for steps, found in takers.items():
        whole = next(steps[:end] for end in range(1, len(steps) + 1) if steps[:end] in takers)
        below[whole] |= found
    return [found for found in below.values() if len(found) > 1]


def as_text(steps: Sequence[str]) -> str:
    """A thing that is taken, for people."""
    return " ".join(steps)
