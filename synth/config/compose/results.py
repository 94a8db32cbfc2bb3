"""The results of composing: one configuration, or the jobs of a sweep."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synth.config.compose.sources import ConfigSource
from synth.errors import Problem, SynthError


def nearest_origin(origins: Mapping[str, str], path: str) -> str:
    """The origin of ``path`` or of its nearest ancestor that has one; empty when there is none."""
    while path:
        if path in origins:
            return origins[path]
        path = path.rpartition(".")[0]
    return ""


def changed_at(origins: Mapping[str, str], path: str) -> str:
    """The origin of ``path`` as above; or of the last value below it, where another file or override has set that."""
    below = [origin for at, origin in origins.items() if at.startswith(f"{path}.")]
    own = nearest_origin(origins, path) or next(iter(below), "")
    changed = below and below[-1].rpartition(":")[0] != own.rpartition(":")[0]
    return below[-1] if changed else own


def value_at(config: Any, path: str) -> Any:
    """The value at a dotted path of plain mappings and lists; None where there is none."""
    for step in path.split("."):
        if isinstance(config, Mapping):
            config = config.get(step)
        elif isinstance(config, list) and step.isdecimal() and int(step) < len(config):
            config = config[int(step)]
        else:
            return None
    return config


@dataclass(frozen=True, kw_only=True)
class Composed:
    """One composed configuration.

    Attributes:
        config: nested dict, list, str, int, float, bool and None only; every interpolation resolved.
        origins: dotted config path -> ``file:line`` or ``command line: <override>``, for leaves, mappings and lists,
            and for what an override deleted; in the order in which they were set.
        choices: group -> chosen option, or the list of options for a group that takes several.
        chosen_at: group -> where the choice was made.
        inert: dotted config path -> ``file:line`` of what a file set for a choice that was taken away.
        words: dotted config path -> the word in a file that YAML took for a number, a truth or a date.
        interpolated: dotted config path -> the text from which its value was resolved, such as ``${oc.env:RATIO}``.
        deliberate: (group, other group) -> where somebody chose or set the one, knowing the choice in the other.
        overrides: as given, secrets included: not for display.
        roots: where it was composed from.
        options: group -> what it offers, for a group that takes several options.
        problems: what is wrong, and not in ``config``.
        shadows: a user's file -> what it stands in the place of, as messages name both.
        directory: where sinks without a place write; None where nobody says.
        numbered: the paths of sinks' settings that tell the number of the job.
    """

    config: dict[str, Any]
    origins: Mapping[str, str]
    choices: Mapping[str, str | list[str]]
    chosen_at: Mapping[str, str]
    overrides: tuple[str, ...]
    roots: tuple[ConfigSource, ...]
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    inert: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    interpolated: Mapping[str, str] = field(default_factory=dict)
    deliberate: Mapping[tuple[str, str], str] = field(default_factory=dict)
    shadows: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None
    numbered: frozenset[str] = frozenset()

    @property
    def used_shadows(self) -> dict[str, str]:
        """Those of ``shadows`` that this configuration was made of."""
        chosen = {
            f"/{group}/{name}.yaml"
            for group, names in self.choices.items()
            for name in ([names] if isinstance(names, str) else names)
        }
        places = {where.rpartition(":")[0] for where in self.origins.values()}
        return {
            label: other
            for label, other in self.shadows.items()
            if label in places or any(label.endswith(path) for path in chosen)
        }


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A job of a sweep that has not run.

    Attributes:
        number: counted from 0 over the whole sweep.
        swept: what the sweeper chose for it.
        overrides: all that makes it, as a single run would take them; a review may add some.
        directory: its own, below the sweep's; not made yet.
        composed: None where it does not compose.
        error: why it cannot run.
    """

    number: int
    swept: tuple[str, ...]
    overrides: tuple[str, ...]
    directory: Path
    composed: Composed | None = None
    error: SynthError | None = None


@dataclass(frozen=True, kw_only=True)
class JobPlace:
    """Where a job runs.

    Attributes:
        number: counted from 0 over the whole sweep.
        directory: its own; it is there.
        sweep: the directory of the sweep.
    """

    number: int
    directory: Path
    sweep: Path


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Jobs that a sweeper hands over together: of a grid all of them.

    Attributes:
        directory: the sweep's own.
        sweeper: the option of ``hydra/sweeper``.
        proposed: whether the sweeper proposes jobs, and more may follow.
        goals: of a sweeper that looks for the best job: ``minimize`` or ``maximize``, for each of its objectives.
    """

    drafts: Sequence[Draft]
    directory: Path
    sweeper: str
    proposed: bool
    goals: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job of a sweep; ``result`` is what its task returned, or why it did not run."""

    number: int
    overrides: tuple[str, ...]
    directory: Path
    result: Any


@dataclass(frozen=True, kw_only=True)
class Swept:
    """A sweep that has ended.

    Attributes:
        directory: the sweep's own.
        jobs: by number.
        goals: as those of a ``Batch``.
        error: why the sweeper went no further.
        warnings: what does not keep the sweep from its work.
    """

    directory: Path
    jobs: Sequence[Job]
    goals: tuple[str, ...] = ()
    error: SynthError | None = None
    warnings: Sequence[str] = ()


def as_it_is(batch: Batch) -> Sequence[Draft]:
    """A review that finds nothing."""
    return batch.drafts


def no_figures(result: Any) -> Sequence[float]:
    """The objectives of a sweep that has none."""
    return ()


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a sweep does with its jobs.

    Attributes:
        run: carries out a job, in whatever process the launcher chooses; returns its outcome and never raises.
        review: looks at jobs before the first of them runs, in this process; returns them in their order, those that
            cannot run with an error.
        objectives: of an outcome; raises SynthError where it has none.
        directory: the sweep's, where no setting of Hydra names one.
    """

    run: Callable[[Composed, JobPlace], Any]
    review: Callable[[Batch], Sequence[Draft]] = as_it_is
    objectives: Callable[[Any], Sequence[float]] = no_figures
    directory: Path
