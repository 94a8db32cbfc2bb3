"""Refuses what a stream cannot do before it begins."""

from collections.abc import Sequence

from synth.clock.schedule import start_us
from synth.config.catalog import Catalog
from synth.config.part import SinkPart
from synth.config.recipe import Recipe
from synth.contracts.hookspecs import SinkSpec
from synth.errors import ConfigError, Problem, RefusedError
from synth.stream.share import Share
from synth.tables.table import Table
from synth.timeline import US_PER_S


def refuse_other_days(recipe: Recipe) -> None:
    """Live is a moment of the window."""
    window, live_us = recipe.timeline, start_us(recipe.clock, recipe.timeline)
    if not window.start_s * US_PER_S <= live_us < window.end_s * US_PER_S:
        message = f"clock.live_from: {recipe.clock.live_from!r} lies outside the window"
        allowed = ("a time from timeline.start on, before timeline.end",)
        raise ConfigError([Problem(path="clock.live_from", message=message, allowed=allowed)])


def refuse_lost_times(recipe: Recipe, tables: Sequence[Table]) -> None:
    """A value that shifted event times would make wrong, such as an hour of the day, cannot be shown beside them."""
    if not recipe.clock.rebase:
        return
    lost = [(table, field) for table in tables for field in table.fields if field.column.follows == "lost"]
    if lost:
        message = "; ".join(
            f"{table.name}.{field.name} would be wrong beside shifted event times" for table, field in lost
        )
        hint = "leave such columns out of the view, or choose clock=realtime"
        raise ConfigError([Problem(path="clock.rebase", message=message, allowed=("false",), hint=hint)])


def refuse_parts(recipe: Recipe, part: SinkPart, share: Share, *, overwrite: bool) -> None:
    """Parts of a stream start on their own and share one place.

    Raises:
        ConfigError, RefusedError: this recipe or this sink cannot be sent in parts, or not so.
    """
    if share.parts == 1:
        return
    if recipe.clock.rebase:
        message = "a shift of event times is decided when a stream starts, and each of its parts starts on its own"
        raise ConfigError([Problem(path="clock.rebase", message=message, hint="send it in one part")])
    name = part.spec.name
    if not part.spec.parts:
        raise ConfigError([Problem(path="sink", message=f"sink {name!r} takes a stream in one part only")])
    if overwrite and not share.first:
        raise RefusedError("only part 0 may empty the place: start it first, and this part without --overwrite")


def only_sink(recipe: Recipe, catalog: Catalog, *, resume: bool) -> tuple[str, SinkPart]:
    """The sink of a stream, and its name.

    Raises:
        ConfigError: there is another number of them, or it takes no streams, or cannot go on.
    """
    able = [
        name
        for name in catalog.names("sink")
        if isinstance(spec := catalog.find("sink", name), SinkSpec) and spec.streams
    ]
    wrong = [
        Problem(
            path=f"sink.{name}",
            message=f"sink {name!r} takes whole runs, and cannot take a stream",
            allowed=(f"a sink of kind {', '.join(able)}",),
            hint=f"choose one: sink={able[0]}",
        )
        for name, part in recipe.sinks.items()
        if not part.spec.streams
    ]
    if not wrong and len(recipe.sinks) > 1:
        wrong = [Problem(path="sink", message="a stream goes to one sink", allowed=tuple(recipe.sinks))]
    for name, part in recipe.sinks.items():
        if resume and not wrong and not is_resumable(part):
            wrong.append(Problem(path=f"sink.{name}", message=f"sink {name!r} remembers nothing that could go on"))
        elif resume and not wrong and part.spec.has_uri and part.uri is None:
            message = f"--resume needs to know where the stream is: sink.{name}.uri is null"
            wrong.append(Problem(path=f"sink.{name}.uri", message=message))
    if wrong:
        raise ConfigError(wrong)
    return next(iter(recipe.sinks.items()))


def is_resumable(part: SinkPart) -> bool:
    """Whether a sink remembers how far a stream is."""
    return part.spec.streams and part.spec.resumes
