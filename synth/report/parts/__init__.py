"""The parts of a report, in the order of the page."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from synth.report.figures import Part
from synth.report.gathered import Gathered
from synth.report.parts import fraud, overview, people, rows
from synth.report.parts.answers import answered
from synth.report.parts.comparison import comparison
from synth.report.parts.episodes import episodes


def parts_of(
    found: Gathered, repeat: str = "", other: Gathered | None = None, answers: Sequence[Mapping[str, Any]] = ()
) -> Iterator[Part]:
    """All parts; one whose data are not shown says so.

    Args:
        repeat: the command that makes the same rows again; empty where none is known.
        other: rows to compare with.
        answers: of other commands, as ``read_answer`` reads them.

    Raises:
        RefusedError: an answer is about other rows.
    """
    yield overview.overview(found, repeat)
    if other is not None:
        yield comparison(found, other)
    yield rows.amounts(found)
    yield rows.rhythm(found)
    yield people.people(found)
    yield people.shops(found)
    yield rows.uses(found)
    yield fraud.prevalence(found)
    yield from episodes(found)
    yield fraud.reports(found)
    for answer in answers:
        yield answered(found, answer)
