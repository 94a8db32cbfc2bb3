"""A finished output, or rows of other people, for those who would rather look than read: one page, offline."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from synth.check.stats.subject import Subject
from synth.report.drawing import draw_svg, missing_charts, require_charts
from synth.report.figures import Figure, Part
from synth.report.gathered import gather
from synth.report.markdown import write_markdown
from synth.report.page import write_page
from synth.report.parts import parts_of
from synth.report.parts.answers import read_answer
from synth.report.parts.episodes import previewed

__all__ = [
    "Figure",
    "Part",
    "as_data",
    "draw_svg",
    "make_report",
    "missing_charts",
    "previewed",
    "read_answer",
    "require_charts",
    "write_report",
]


def make_report(
    subject: Subject, repeat: str = "", against: Subject | None = None, answers: Sequence[Mapping[str, Any]] = ()
) -> list[Part]:
    """The parts of a report.

    Args:
        repeat: the command that makes the same rows again; empty where none is known.
        against: rows to compare with.
        answers: of other commands about the same rows, as ``read_answer`` reads them.

    Raises:
        RefusedError: an answer is about other rows.
        VerifyError: a table cannot be read, or is not what the manifest says.
    """
    other = gather(against) if against else None
    return [*parts_of(gather(subject), repeat, other, answers)]


def write_report(form: str, title: str, parts: Sequence[Part]) -> str:
    """A report as a page of HTML, or as Markdown (``md``).

    Raises:
        RefusedError: charts are asked for, and cannot be drawn here.
    """
    if form == "md":
        return write_markdown(title, parts)
    require_charts()
    return write_page(title, parts)


def as_data(parts: Sequence[Part]) -> list[Mapping[str, Any]]:
    """A report for JSON: what stands in the tables."""
    return [
        {
            "name": part.name,
            "title": part.title,
            "notes": list(part.notes),
            "document": part.document,
            "figures": [
                {
                    "name": figure.name,
                    "title": figure.title,
                    "columns": [asdict(column) for column in figure.columns],
                    "rows": [{c.name: row.get(c.name) for c in figure.columns} for row in figure.rows],
                }
                for figure in part.figures
            ],
        }
        for part in parts
    ]
