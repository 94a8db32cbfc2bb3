"""Draws charts as SVG, for a page that runs no script: text and strokes whose colours are those of the page."""

import re
from importlib import metadata

from synth.config.catalog.extras import Lack, lack_of
from synth.errors import RefusedError
from synth.libraries import PACKAGE
from synth.report.dress import PALETTE
from synth.report.figures import Figure

#: What charts need beyond synth's own libraries.
_EXTRA = "report"

_PAINT = re.compile(r'\b(fill|stroke)="(#[0-9a-f]{6})"', re.IGNORECASE)
_IDS = re.compile(r'(\bid="|url\(#)')


def missing_charts() -> Lack:
    """What is not installed that charts need; false where nothing is."""
    return lack_of(metadata.distribution(PACKAGE), (_EXTRA,))


def require_charts() -> None:
    """Refuses early where nothing can be drawn.

    Raises:
        RefusedError: the libraries of the extra are not installed.
    """
    if lack := missing_charts():
        raise RefusedError(f"a chart (extra {_EXTRA}) {lack}")


def draw_svg(figure: Figure, width: int, *, named: bool = True) -> str:
    """A figure's chart, as wide as said.

    Args:
        named: whether colours are names of the page's palette, as ``var(--first)``, rather than those of light ground.

    Raises:
        ValueError: it has none.
    """
    import vl_convert

    chart = figure.drawn(width)
    svg = str(vl_convert.vegalite_to_svg(chart.to_dict(validate=False)))
    names = {light: name for name, (light, _) in PALETTE.items()} if named else {}

    def painted(match: re.Match[str]) -> str:
        name = names.get(match[2].lower())
        return f'{match[1]}="var(--{name})"' if name else match[0]

    return _IDS.sub(rf"\g<1>{figure.name}-{width}-", _PAINT.sub(painted, svg))
