"""``synth.preview`` and ``synth.describe``: looks at what a recipe, or a choice, is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from synth.api.recipes import Given, Paths, as_paths, load
from synth.api.words import speaking_python
from synth.cli.describe import explain, show
from synth.cli.preview import draw_episode
from synth.config.catalog import load_catalog
from synth.engine.made import MadeTables
from synth.engine.prepare import prepare
from synth.engine.preview import first_episodes
from synth.report import missing_charts, previewed

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class Preview:
    """A look at a recipe.

    Attributes:
        rows: the first transactions, as ``synth.generate`` gives them.
        episodes: the first episode of each scenario that adds rows, with its events.
    """

    rows: "pd.DataFrame"
    episodes: list[dict[str, Any]]

    def __repr__(self) -> str:
        return "\n\n".join([self.rows.to_string(index=False), *map(draw_episode, self.episodes)])

    def _repr_html_(self) -> str:
        return self.rows.to_html(index=False) + "".join(_episodes(self.episodes))


def _episodes(episodes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Charts, or timelines of text where the libraries of charts are not installed."""
    if missing_charts():
        yield from (f"<pre>{escape(draw_episode(dict(episode)))}</pre>" for episode in episodes)
    else:
        from synth.api.charts import drawn

        yield from (drawn(previewed(episode, number)) for number, episode in enumerate(episodes))


@speaking_python
def preview(
    *recipe: Given,
    rows: int = 10,
    scenario: str | None = None,
    plugin_files: Paths = (),
    plugins_dirs: Paths = (),
    config_dirs: Paths = (),
) -> Preview:
    """The first rows of a recipe and the first episode of each of its scenarios.

    >>> look = synth.preview("scenario=card_chain", rows=3)
    >>> len(look.rows), [episode["scenario"] for episode in look.episodes]
    (3, ['card_chain'])

    Args:
        rows: at most so many, of the first block that has any.
        scenario: only that one's episode.
        recipe, plugin_files, plugins_dirs, config_dirs: as those of ``synth.run``.

    Returns:
        ``rows``, a frame as ``synth.generate`` gives it, and ``episodes``, a mapping each; a notebook shows both.

    Raises:
        ConfigError: the configuration is wrong.
        RefusedError: the recipe cannot be carried out.
    """
    loaded, _, _ = load(recipe, plugin_files, plugins_dirs, config_dirs)
    prepared = prepare(loaded)
    return Preview(MadeTables(prepared).table("transactions").head(rows), first_episodes(prepared, scenario))


class Description(dict[str, Any]):
    """What is said of something, as ``synth describe --json`` prints it; shown as text."""

    def __repr__(self) -> str:
        return show(self)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(show(self))}</pre>"


@speaking_python
def describe(
    topic: str, *, plugin_files: Paths = (), plugins_dirs: Paths = (), config_dirs: Paths = ()
) -> Mapping[str, Any]:
    """Explains a group, a choice, a part or key of a recipe, or a column.

    >>> synth.describe("card_chain")["title"]
    'scenario kind card_chain, from synth'

    Args:
        topic: ``"scenario"``, ``"card_chain"``, ``"scenario.card_chain.ratio"``, ``"fraud_label"``.
        plugin_files, plugins_dirs, config_dirs: as those of ``synth.run``.

    Returns:
        Plain data, as ``synth describe --json`` prints it; shown as text.

    Raises:
        ConfigError: nothing has that name.
    """
    catalog = load_catalog(as_paths(plugin_files), as_paths(plugins_dirs))
    return Description(explain(topic, catalog, as_paths(config_dirs)))
