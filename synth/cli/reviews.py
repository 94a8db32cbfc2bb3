"""The jobs of a sweep before any of them runs: their recipes, their places, and whether each could be carried out."""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synth.cli.objectives import objective_problems
from synth.config.catalog import Catalog
from synth.config.compose import Batch, Draft, folder_name, quoted, sets
from synth.config.compose.results import changed_at, nearest_origin
from synth.config.compose.reviewing import number_list
from synth.config.part import SinkPart
from synth.config.recipe import Recipe, build_recipe
from synth.config.taking import Steps, meeting
from synth.engine.open_sinks import make_sinks
from synth.engine.prepare import Prepared, prepare, refuse_short_memory
from synth.engine.run import refuse_pace
from synth.errors import ConfigError, Problem, SynthError, blaming
from synth.wording import counted

RESULTS = "results.csv"

_Taker = tuple[int, str, bool]
"""The number of a job, one of its sinks, and whether it is the place of files that is taken."""


@dataclass
class _Job:
    """A draft with what is known of it."""

    draft: Draft
    recipe: Recipe | None = None

    def fail(self, error: SynthError) -> None:
        """Notes why it cannot run."""
        self.draft = dataclasses.replace(self.draft, error=error)


@dataclass
class Review:
    """Looks at batch after batch.

    Attributes:
        overwrite: whether a run that is already in a sink's place may be replaced.
        say: takes what there is to know before the first job starts.
        directories: of all jobs so far.
    """

    catalog: Catalog
    overwrite: bool
    say: Callable[[str], None]
    directories: list[Path] = field(default_factory=list)
    _planned: dict[str, SynthError | None] = field(default_factory=dict)
    _said: set[Any] = field(default_factory=set)
    _taken: list[tuple[Steps, int]] = field(default_factory=list)
    _last: tuple[str, Prepared] | None = None

    def __call__(self, batch: Batch) -> Sequence[Draft]:
        """The drafts; those that cannot run have an error, those that would share a place a folder of their own."""
        jobs = [_Job(draft) for draft in batch.drafts]
        for job in jobs:
            self._read(job, batch)
        shared = self._part_places(jobs, batch)
        for job in jobs:
            self._plan(job)
        if not any(job.draft.error for job in jobs):
            for place, folder in shared.items():
                self._tell(place, folder, batch)
            if batch.drafts[0].number == 0:
                (batch.directory / RESULTS).unlink(missing_ok=True)  # of an earlier sweep in this directory
        self.directories += [job.draft.directory for job in jobs]
        return [job.draft for job in jobs]

    def _read(self, job: _Job, batch: Batch) -> None:
        """The recipe of a job, or all that is wrong with it."""
        composed = job.draft.composed
        if composed is None:
            return
        try:
            recipe = build_recipe(composed, self.catalog)
            refuse_pace(recipe)
            origin = changed_at(recipe.origins, "sweep.objective")
            wrong = [dataclasses.replace(each, where=origin) for each in objective_problems(recipe, batch)]
            if wrong:
                raise ConfigError(wrong)
        except SynthError as refused:
            job.fail(refused)
        else:
            job.recipe = recipe

    def _part_places(self, jobs: Sequence[_Job], batch: Batch) -> dict[str, str]:
        """Gives jobs that meet in a place of files a folder each below it; returns place → the first of its folders.

        Those that meet elsewhere, or still in the folders, cannot run.
        """
        shared: dict[str, str] = {}
        meets = self._meeting(jobs)
        wrong: dict[int, list[Problem]] = defaultdict(list)
        for job, name, part in _sinks_of(jobs):
            apart = not batch.proposed or _tells_number(job.draft, name)
            movable = part.spec.place and part.uri is not None
            if movable and not (apart and (job.draft.number, name, True) not in meets):
                uri = str(part.uri)
                folder = f"{uri.rstrip('/')}/{folder_name(job.draft.number, job.draft.swept)}"
                _move(job, name, folder)
                shared.setdefault(uri, folder)
            elif not movable and not apart and part.takes():
                wrong[job.draft.number].append(_one_place(job, name, "every job"))
        every, meets = {job.draft.number for job in jobs}, self._meeting(jobs)
        for job, name, _ in _sinks_of(jobs) if not wrong else ():
            others = {each for taker, found in meets.items() if taker[:2] == (job.draft.number, name) for each in found}
            if others:
                who = "every job" if others >= every else f"jobs {number_list(others)}"
                wrong[job.draft.number].append(_one_place(job, name, who))
        for job in jobs:
            if problems := wrong.get(job.draft.number):
                job.fail(ConfigError(problems))
        self._taken += [(steps, number) for steps, (number, _, _) in _taken_by(jobs)]
        return shared

    def _meeting(self, jobs: Sequence[_Job]) -> dict[_Taker, set[int]]:
        """Of the sinks that take what a sink of another job takes, too: the numbers of all these jobs."""
        found: dict[_Taker, set[int]] = {}
        earlier = [(steps, (number, "", False)) for steps, number in self._taken]
        for takers in meeting([*_taken_by(jobs), *earlier]):
            numbers = {number for number, _, _ in takers}
            if len(numbers) > 1:
                found |= {taker: found.get(taker, set()) | numbers for taker in takers}
        return found

    def _plan(self, job: _Job) -> None:
        """Plans the run and asks its sinks whether they may write, as far as no other job has the same answer."""
        recipe = job.recipe
        if recipe is None or job.draft.error:
            return
        try:
            prepared = self._prepare(recipe)
            refuse_short_memory(prepared)
            for name, sink in make_sinks(prepared, job.draft.directory, overwrite=self.overwrite).items():
                with blaming(f"sink {name!r}"):
                    sink.check()
        except SynthError as refused:
            job.fail(refused)

    def _prepare(self, recipe: Recipe) -> Prepared:
        """Jobs that differ in their sinks alone follow each other, or fail alike."""
        fingerprint = recipe.fingerprint
        if error := self._planned.get(fingerprint):
            raise error
        if self._last and self._last[0] == fingerprint:
            return dataclasses.replace(self._last[1], recipe=recipe)
        try:
            prepared = prepare(recipe)
        except SynthError as refused:
            self._planned[fingerprint] = refused
            raise
        self._last = (fingerprint, prepared)
        return prepared

    def _tell(self, place: str, folder: str, batch: Batch) -> None:
        if place not in self._said:
            self._said.add(place)
            who = "the jobs" if batch.proposed else counted(len(batch.drafts), "job")
            self.say(f"{who} share the place {place}: each gets a folder there, the first {folder}")


def _sinks_of(jobs: Sequence[_Job]) -> list[tuple[_Job, str, SinkPart]]:
    """The sinks of each job, by name."""
    return [(job, name, part) for job in jobs if job.recipe for name, part in job.recipe.sinks.items()]


def _taken_by(jobs: Sequence[_Job]) -> Iterator[tuple[Steps, _Taker]]:
    """What each sink of each job takes."""
    for job, name, part in _sinks_of(jobs):
        for i, steps in enumerate(part.takes()):
            yield steps, (job.draft.number, name, i == 0 and part.spec.place and part.uri is not None)


def _tells_number(draft: Draft, name: str) -> bool:
    numbered = draft.composed.numbered if draft.composed else ()
    return any(path.startswith(f"sink.{name}.") for path in numbered)


def _move(job: _Job, name: str, uri: str) -> None:
    """Sends a sink of a job elsewhere."""
    assert job.recipe
    part = job.recipe.sinks[name]
    moved = SinkPart(dataclasses.replace(part.config, uri=uri), part.spec)
    job.recipe = dataclasses.replace(job.recipe, sinks={**job.recipe.sinks, name: moved})
    key = f"sink.{name}.uri"
    others = [text for text in job.draft.overrides if not sets(text, key)]
    job.draft = dataclasses.replace(job.draft, overrides=(*others, f"{key}={quoted(uri)}"))


def _one_place(job: _Job, name: str, who: str) -> Problem:
    assert job.recipe
    part, path = job.recipe.sinks[name], f"sink.{name}"
    where = nearest_origin(job.recipe.origins, f"{path}.uri" if part.spec.has_uri else path)
    message = f"sink {name!r} would take {who} into one and the same place, which holds one run"
    hint = "files have a folder for each job: sink=parquet" if part.spec.stdout else "write ${hydra:job.num} into it"
    return Problem(path=path, message=message, where=where, hint=hint)
