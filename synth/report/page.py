"""Writes a report as one page of HTML: no script, no request, every text escaped, a table behind every chart."""

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files

from synth.report.drawing import draw_svg
from synth.report.dress import PALETTE
from synth.report.figures import Figure, Part, told

#: Pixels of a chart that takes a part of the page, and on a phone; where they are the same, one drawing is for both.
_WIDTHS = {"third": 340, "half": 500, "full": 1040}
_PHONE = 340

#: Nothing is fetched and nothing is run, whatever a value may contain.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

_NUMBERS = ("count", "number", "money", "share", "duration")


def write_page(title: str, parts: Sequence[Part]) -> str:
    """The page."""
    body = "".join(_part(part) for part in parts)
    contents = "".join(f'<li><a href="#{escape(part.name)}">{escape(part.title)}</a></li>' for part in parts)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#content">To the content</a>\n'
        f"<header><h1>{escape(title)}</h1></header>\n"
        f'<nav aria-label="Contents"><ul>{contents}</ul></nav>\n'
        f'<main id="content">\n{body}</main>\n</body>\n</html>\n'
    )


def _style() -> str:
    light, dark = ("".join(f"  --{name}: {colours[side]};\n" for name, colours in PALETTE.items()) for side in (0, 1))
    text = files("synth.report").joinpath("page.css").read_text(encoding="utf-8")
    return f":root {{\n{light}}}\n@media screen and (prefers-color-scheme: dark) {{ :root {{\n{dark}}} }}\n{text}"


def _part(part: Part) -> str:
    notes = "".join(f"<p>{escape(note)}</p>\n" for note in part.notes)
    figures = "".join(_figure(figure) for figure in part.figures)
    document = (
        f"<details><summary>The recipe</summary>\n{_scrolled(f'<pre>{escape(part.document)}</pre>', 'The recipe')}"
        "</details>\n"
        if part.document
        else ""
    )
    name = escape(part.name)
    return (
        f'<section id="{name}" aria-labelledby="{name}-title">\n<h2 id="{name}-title">{escape(part.title)}</h2>\n'
        f'{notes}<div class="figures">\n{figures}</div>\n{document}</section>\n'
    )


def _figure(figure: Figure) -> str:
    caption = escape(figure.title)
    table = _scrolled(_table(figure), figure.title)
    opening = f'<figure class="{figure.size}" data-name="{escape(figure.name)}"><figcaption>{caption}</figcaption>'
    if figure.draw is None or not figure.rows:
        shown = table if figure.rows else "<p>There is nothing to show.</p>"
        return f"{opening}{shown}</figure>\n"
    charts = "".join(_chart(figure, width) for width in dict.fromkeys((_WIDTHS[figure.size], _PHONE)))
    return (
        f"{opening}\n{charts}"
        f'<details><summary>The numbers<span class="hidden"> of: {caption}</span></summary>\n{table}</details>'
        "</figure>\n"
    )


def _chart(figure: Figure, width: int) -> str:
    """The chart as a picture that has a name; what it says is in the table below it."""
    size = "any" if _WIDTHS[figure.size] == _PHONE else "phone" if width == _PHONE else "desk"
    svg = draw_svg(figure, width)
    label = escape(f"Chart: {figure.title}. Its numbers are in the table below.")
    return svg.replace("<svg ", f'<svg role="img" aria-label="{label}" data-size="{size}" ', 1) + "\n"


def _scrolled(inner: str, label: str) -> str:
    """A box that scrolls by keyboard where its content is wider than the page."""
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}">{inner}</div>'


def _table(figure: Figure) -> str:
    return "".join(_table_lines(figure))


def _table_lines(figure: Figure) -> Iterator[str]:
    yield "<table><thead><tr>"
    for column in figure.columns:
        yield f'<th scope="col"{_align(column.kind)}>{escape(column.title)}</th>'
    yield "</tr></thead><tbody>\n"
    for row in figure.rows:
        yield "<tr>"
        for column in figure.columns:
            yield f"<td{_align(column.kind)}>{escape(told(row.get(column.name), column.kind))}</td>"
        yield "</tr>\n"
    yield "</tbody></table>"


def _align(kind: str) -> str:
    return ' class="number"' if kind in _NUMBERS else ' class="time"' if kind == "time" else ""
