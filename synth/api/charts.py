"""``synth.plot``: the charts of a report, for notebooks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from html import escape
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from synth.api.outputs import as_files
from synth.api.recipes import Given, Paths, as_paths, load
from synth.api.words import speaking_python
from synth.check.foreign import read_foreign
from synth.check.stats.subject import Subject, read_subject, subject_of
from synth.cli.lint import is_place
from synth.config.catalog import load_catalog
from synth.engine.trial import tried
from synth.report import Figure, draw_svg, make_report, require_charts

if TYPE_CHECKING:
    import altair as alt

#: Pixels of a chart in a notebook.
_WIDTH = 640


class Charts(Mapping[str, "alt.Chart | alt.LayerChart"]):
    """Charts by name, each as Altair makes it; a notebook shows all of them with their titles."""

    def __init__(self, figures: Sequence[Figure]) -> None:
        self._figures = {figure.name: figure for figure in figures if figure.draw and figure.rows}

    def __getitem__(self, name: str) -> "alt.Chart | alt.LayerChart":
        figure = self._figures[name]
        return figure.drawn(_WIDTH).properties(title=figure.title)

    def __iter__(self) -> Iterator[str]:
        return iter(self._figures)

    def __len__(self) -> int:
        return len(self._figures)

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {figure.title}" for name, figure in self._figures.items())

    def _repr_html_(self) -> str:
        return "".join(map(drawn, self._figures.values()))


def drawn(figure: Figure) -> str:
    """A figure as HTML that brings its own ground, whatever a notebook's is."""
    svg = draw_svg(figure, _WIDTH, named=False)
    return (
        '<figure style="background:#ffffff;color:#1d2329;margin:0;padding:8px;max-width:660px">'
        f"<figcaption><b>{escape(figure.title)}</b></figcaption>{svg}</figure>"
    )


@speaking_python
def plot(
    *what: Given | PathLike[str],
    mapping: str | PathLike[str] | None = None,
    plugin_files: Paths = (),
    plugins_dirs: Paths = (),
    config_dirs: Paths = (),
) -> Charts:
    """The charts of a report on an output, on what a recipe makes, or on files of other people.

    >>> charts = synth.plot("out")
    >>> [name for name in charts][:3]
    ['amounts', 'days', 'hours']
    >>> type(charts["hours"]).__name__
    'LayerChart'

    Args:
        what: a place as ``synth.open`` takes it, a recipe as ``synth.run`` does, or files where there is a mapping.
        mapping: a YAML file that says which column of the files is what.
        plugin_files, plugins_dirs, config_dirs: as those of ``synth.run``.

    Returns:
        A mapping of Altair's charts by name, those of ``synth report`` that are drawn; a notebook shows them all.

    Raises:
        ConfigError: the recipe or the mapping is wrong.
        RefusedError: there is no run, it cannot be read, or the libraries that draw charts are not installed.
        VerifyError: it is damaged.
    """
    require_charts()
    if mapping is not None:
        return _charts(subject_of(read_foreign(as_files(what), Path(mapping))))
    if len(what) == 1 and isinstance(what[0], str | PathLike) and is_place(fspath(what[0])):
        catalog = load_catalog(as_paths(plugin_files), as_paths(plugins_dirs))
        return _charts(read_subject(fspath(what[0]), catalog))
    given = [each for each in what if not isinstance(each, PathLike)]
    loaded, catalog, _ = load(given, plugin_files, plugins_dirs, config_dirs)
    with tried(loaded, catalog) as place:
        return _charts(replace(read_subject(place, catalog), name="the recipe"))


def _charts(subject: Subject) -> Charts:
    return Charts([figure for part in make_report(subject) for figure in part.figures])
