"""The parts of a report, in the order of the page."""

from collections.abc import Iterator

from synth.report.figures import Part
from synth.report.gather import Gathered
from synth.report.parts import asked, fraud, people, rows


def parts_of(found: Gathered, repeat: str = "") -> Iterator[Part]:
    """All parts; one whose data are not shown says so.

    Args:
        repeat: the command that makes the same rows again; empty where none is known.
    """
    yield asked.overview(found, repeat)
    yield rows.amounts(found)
    yield rows.rhythm(found)
    yield people.people(found)
    yield people.shops(found)
    yield rows.uses(found)
    yield fraud.prevalence(found)
    yield from fraud.episodes(found)
    yield fraud.reports(found)
