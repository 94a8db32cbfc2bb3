"""One component of a recipe: its typed configuration, and what the catalog has for its kind."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synth.config.taking import Steps, as_text, meet, steps_of
from synth.contracts.hookspecs import SinkSpec, Spec
from synth.contracts.runner import Runner
from synth.contracts.sink import KeptSink, SinkJob
from synth.errors import Problem, RefusedError, blaming
from synth.sinks.s3_options import S3Options
from synth.tables.column import PLAIN_NAME, Column
from synth.timeline import Timeline, TimelineConfig
from synth.wording import in_yaml


@dataclass(frozen=True)
class Part:
    """One configured component."""

    config: Any
    spec: Spec

    def make(self, *context: Any) -> Any:
        """The component."""
        return self.spec.factory(self.config, *context)


@dataclass(frozen=True)
class SinkPart(Part):
    """A configured sink."""

    spec: SinkSpec

    @property
    def uri(self) -> str | None:
        """Where the recipe sends it; None where that is left to the run, or to the sink."""
        uri: str | None = self.config.uri if self.spec.has_uri else None
        return uri

    def takes(self) -> list[Steps]:
        """What a run has for itself there, its place first; none where that is left to the run.

        Raises:
            RefusedError: the uri is no place.
        """
        own = [steps_of(self.uri)] if self.spec.place and self.uri is not None else []
        if self.spec.takes:
            return [*own, *self.spec.takes(self.config)]
        whole = not self.spec.place and (self.spec.has_uri or self.spec.streams)
        return [(self.spec.name, repr(self.config))] if whole else own


def instance_problems(group: str, instances: Any) -> Iterator[Problem]:
    """Yields what is wrong with the instances of a group that takes several, before any of them is looked at.

    Args:
        instances: name → its configuration, if all is well.
    """
    if not isinstance(instances, dict):
        hint = f"options are chosen in the defaults list: override /{group}: […]"
        message, allowed = f"{group} is {in_yaml(instances)}", ("a mapping of instances by name",)
        yield Problem(path=group, message=message, allowed=allowed, hint=hint)
        return
    for name in instances:
        if not PLAIN_NAME.fullmatch(name):
            message = f"{group} {in_yaml(name)} has a name that cannot stand in every output"
            allowed = ("letters, digits, _ and -, not beginning with a digit",)
            yield Problem(path=f"{group}.{name}", message=message, allowed=allowed)


def without_kind(path: str, data: Any, kinds: Sequence[str], options: Sequence[str]) -> Problem:
    """What is wrong with a component that has no kind, and how to choose one.

    Args:
        path: a group, or an instance below a group that takes several.
        data: what stands there; None where nothing does.
        options: what the group offers, where it takes several.
    """
    group, _, name = path.partition(".")
    choose = f"{group}={kinds[0]}"
    if name:
        choose = f"{group}=[{name}]" if name in options else f"+{group}@{path}={next(iter(options), '…')}"
    if isinstance(data, dict) and data:
        message, hint = f"{path} has no kind, only {', '.join(data)}", f"choose it with {choose}, or drop these keys"
    elif name and data is None:
        message, hint = f"{path} is null", f"to leave it out, choose the others: {group}=[…]"
    elif data is None or isinstance(data, dict):
        message, hint = f"{path} is missing", f"choose it with {choose}"
    else:
        message, hint = f"{path} is {in_yaml(data)}", f"choose it with {choose}"
    return Problem(path=path, message=message, allowed=(f"a kind: {', '.join(kinds)}",), hint=hint)


def sink_problems(runner: Part | None, sinks: Mapping[str, SinkPart]) -> Iterator[Problem]:
    """Yields what is wrong with where sinks write, and with who writes there."""
    yield from _place_problems(sinks)
    yield from _runner_problems(runner, sinks)


def _place_problems(sinks: Mapping[str, SinkPart]) -> Iterator[Problem]:
    """Yields the uris that name no place, those of two sinks that meet, and what their kind of place lacks."""
    taken: dict[Steps, str] = {}
    for name, part in sinks.items():
        yield from _bucket_problems(name, part)
        try:
            own = part.takes()
        except RefusedError as error:
            if part.spec.place:
                yield Problem(path=f"sink.{name}.uri", message=f"sink.{name}.uri: {error}")
            continue
        if met := next(((ours, theirs) for ours in own for theirs in taken if meet(ours, theirs)), None):
            yield _met(sinks, (name, met[0]), (taken[met[1]], met[1]))
        taken |= dict.fromkeys(own, name)


def _met(sinks: Mapping[str, SinkPart], *places: tuple[str, Steps]) -> Problem:
    """Of two sinks that take the same, or one of which takes what lies within what the other takes.

    Args:
        places: the name of each sink, and what it takes; the later one first.
    """
    (later, ours), (earlier, theirs) = places
    at = {name: f"sink.{name}.uri" if sinks[name].spec.has_uri else f"sink.{name}" for name, _ in places}
    shown = {name: sinks[name].uri or as_text(steps) for name, steps in places}
    if ours == theirs:
        message = f"sinks {earlier!r} and {later!r} write into the same place {shown[later]!r}"
    else:
        inner, outer = (later, earlier) if len(ours) > len(theirs) else (earlier, later)
        message = f"{at[inner]} is {shown[inner]!r}, which lies within {shown[outer]!r}, that of {at[outer]}"
    return Problem(path=at[later], message=message, allowed=("one place a sink",))


def _bucket_problems(name: str, part: SinkPart) -> Iterator[Problem]:
    """Yields what is wrong with how the objects of a sink are put, and what is said of them where there are none."""
    path, options = f"sink.{name}.s3", getattr(part.config, "s3", None)
    if not isinstance(options, S3Options):
        return
    if options != S3Options() and not (part.uri or "").lower().startswith("s3://"):
        message = f"{path} is of objects in a bucket, and sink {name!r} goes to {part.uri or 'the run directory'}"
        yield Problem(path=path, message=message, allowed=("beside uri: s3://bucket/prefix",))
    yield from (problem.below(path).with_path_in_message() for problem in options.problems())


def view_problems(
    sinks: Mapping[str, SinkPart], view: Mapping[str, Column], window: TimelineConfig
) -> Iterator[Problem]:
    """Yields what sinks cannot do with the columns of the view, and within the window.

    Args:
        view: those that are known, by name.
    """
    timeline = Timeline.parse(window)
    for name, part in sinks.items():
        if problems := getattr(part.config, "problems_with", None):
            found = problems(view, timeline)
            yield from (problem.below(f"sink.{name}").with_path_in_message() for problem in found)


def layout_hint(name: str, part: SinkPart) -> str:
    """What makes a sink write a file a block, where its configuration has a word for it."""
    return f"sink.{name}.layout=parts" if "layout" in part.config.__dataclass_fields__ else ""


def _runner_problems(runner: Part | None, sinks: Mapping[str, SinkPart]) -> Iterator[Problem]:
    """Yields the sinks that cannot be written to by workers alone, where the runner sends no rows to the driver."""
    if runner is None:
        return
    with blaming("the runner"):
        if isinstance(runner.make(), Runner):
            return
    for name, part in sinks.items():
        if why := _through_the_driver(part):
            message = f"runner={runner.spec.name} cannot serve sink.{name}: its workers write alone, and {why}"
            other = "runner=local"
            hint = layout_hint(name, part) if part.spec.receipts else ""
            yield Problem(path=f"sink.{name}", message=message, hint=" or ".join(filter(None, (hint, other))))


def _through_the_driver(part: SinkPart) -> str:
    """Why the rows of a sink have to come to the driver; empty where they need not."""
    if not part.spec.receipts:
        return f"a sink of kind {part.spec.name} keeps no blocks"
    try:
        sink: KeptSink = part.make(SinkJob(part.uri or "runs", (), (), 0, overwrite=False))
    except RefusedError:
        return ""  # it is said of the place
    return "it puts all blocks into one file" if sink.grows else sink.lost()
