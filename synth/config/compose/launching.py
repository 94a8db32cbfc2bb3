"""Between a sweeper and a launcher: jobs are composed and reviewed before they run, and answer with their figures."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from synth.config.compose.composing import compose_roots, try_compose_roots
from synth.config.compose.job_loading import NAMES_DIRECTORY
from synth.config.compose.naming import described
from synth.config.compose.results import Batch, Composed, Draft, Job, JobPlace, Work
from synth.config.compose.reviewing import refusal_of
from synth.config.compose.sources import ConfigSource
from synth.config.compose.stamps import Stamp
from synth.config.compose.steering import SUBDIR, resolve_place
from synth.errors import ConfigError, Problem, RunError, SynthError
from synth.wording import on_one_line


@dataclass(frozen=True, kw_only=True)
class SweepOutcome:
    """What a job sends back. An exception with arguments of its own may not survive pickling; problems do."""

    number: int
    result: Any = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class JobTask:
    """What Hydra's launchers call, in this process or in another one."""

    task: Callable[[Composed, JobPlace], Any]
    roots: tuple[ConfigSource, ...]
    working_dir: Path
    now: datetime

    def __call__(self, _: DictConfig) -> SweepOutcome:
        if Path.cwd() != self.working_dir:
            os.chdir(self.working_dir)  # a reused worker process stands where an earlier sweep was started
        settings = HydraConfig.get()
        number = int(settings.job.num)
        as_given = OmegaConf.to_container(settings.overrides.task, resolve=False)
        overrides = tuple(map(str, as_given if isinstance(as_given, list) else ()))
        try:
            composed = compose_roots(overrides, self.roots, Stamp(number=number, now=self.now))
        except ConfigError as error:
            return SweepOutcome(number=number, problems=error.problems)
        place = JobPlace(number=number, directory=Path(settings.runtime.output_dir), sweep=Path(settings.sweep.dir))
        return SweepOutcome(number=number, result=self.task(composed, place))


@dataclass(kw_only=True)
class Batches:
    """The jobs of one sweep, batch by batch.

    Attributes:
        fixed: the overrides that all jobs share; the sweeper never sees them.
        tolerant: whether the sweeper takes jobs that cannot run for failed ones, and goes on.
        settings: Hydra's own.
        at_once: jobs that are launched together, where the sweeper limits them.
        launched: whether a launcher has been asked for any.
        done: by number.
    """

    work: Work
    roots: Sequence[ConfigSource]
    now: datetime
    fixed: tuple[str, ...]
    sweeper: str
    proposed: bool
    goals: tuple[str, ...]
    tolerant: bool
    settings: DictConfig
    at_once: int | None = None
    launched: bool = False
    done: dict[int, Job] = field(default_factory=dict)
    _taken: dict[Path, int] = field(default_factory=dict)

    @property
    def directory(self) -> Path:
        """The sweep's own."""
        return Path(self.settings.hydra.sweep.dir)

    def run(self, launcher: Launcher, swept: Sequence[Sequence[str]], first: int) -> list[JobReturn]:
        """Reviews the jobs, and launches them if none, or for a tolerant sweeper not each, is refused.

        Raises:
            SynthError: holds the problems of every job.
        """
        drafts = [self._draft(number, tuple(own)) for number, own in enumerate(swept, first)]
        batch = Batch(
            drafts=drafts,
            directory=self.directory,
            sweeper=self.sweeper,
            proposed=self.proposed,
            goals=self.goals,
        )
        drafts = list(self.work.review(batch))
        refused = [draft for draft in drafts if draft.error]
        if refused and (not self.tolerant or len(refused) == len(drafts)):
            raise refusal_of(drafts)
        returned: dict[int, JobReturn] = {draft.number: self._refuse(draft) for draft in refused}
        ready = [draft for draft in drafts if not draft.error]
        for group in _groups(ready, self.at_once):
            returned |= self._launch(launcher, group)
        return [returned[draft.number] for draft in drafts]

    def _draft(self, number: int, swept: tuple[str, ...]) -> Draft:
        overrides = (*self.fixed, *swept)
        draft = Draft(number=number, swept=swept, overrides=overrides, directory=self.directory)
        try:
            draft = replace(draft, directory=self._place(number, swept))
            stamp = Stamp(number=number, now=self.now)
            composed = try_compose_roots(overrides, self.roots, stamp)
            error = ConfigError(composed.problems) if composed.problems else None
            return replace(draft, composed=composed, error=error)
        except ConfigError as refused:
            return replace(draft, error=refused)

    def _place(self, number: int, swept: Sequence[str]) -> Path:
        """A directory for one job alone, as Hydra will compute it."""
        problems: list[Problem] = []
        job = {"num": number, "name": self.settings.hydra.job.name, "override_dirname": described(swept)}
        name = resolve_place(SUBDIR, str(self.settings.hydra.sweep._get_node("subdir")), job, self.now, problems)
        place = self.directory / (name or "")
        if self._taken.setdefault(place, number) != number:
            message = f"'{SUBDIR}' gives {place.name} to job {self._taken[place]}, too"
            problems.append(Problem(path=SUBDIR, message=message, hint="put ${hydra.job.num} into it"))
        if problems:
            raise ConfigError(problems)
        return place

    def _launch(self, launcher: Launcher, drafts: Sequence[Draft]) -> dict[int, JobReturn]:
        """Consecutive jobs."""
        returned = {}
        self.launched = True
        names = [NAMES_DIRECTORY + os.path.relpath(draft.directory, self.directory) for draft in drafts]
        jobs = [(name, *draft.overrides) for name, draft in zip(names, drafts, strict=True)]
        launched = launcher.launch(jobs, initial_job_idx=drafts[0].number)
        for draft, answer in zip(drafts, launched, strict=True):
            if answer.status is not JobStatus.COMPLETED:
                raise RunError(f"job {draft.number} failed: {on_one_line(str(answer._return_value))}")
            outcome: SweepOutcome = answer.return_value
            error = ConfigError(outcome.problems) if outcome.problems else None
            self._note(draft, error or outcome.result)
            returned[draft.number] = self._answer(draft, error, outcome.result)
        return returned

    def _refuse(self, draft: Draft) -> JobReturn:
        self._note(draft, draft.error)
        return self._answer(draft, draft.error, None)

    def _note(self, draft: Draft, result: Any) -> None:
        self.done[draft.number] = Job(
            number=draft.number, overrides=draft.overrides, directory=draft.directory, result=result
        )

    def _answer(self, draft: Draft, error: SynthError | None, result: Any) -> JobReturn:
        """What the sweeper gets to know: figures, or that the job failed; a grid gets nothing."""
        answer = _Answer(overrides=[], status=JobStatus.COMPLETED)
        if not self.proposed:
            return answer
        try:
            if error and self.goals:
                raise error
            figures = list(self.work.objectives(result))
        except SynthError as failure:
            answer.status, answer.return_value = JobStatus.FAILED, failure
        else:
            answer.return_value = figures[0] if len(figures) == 1 else figures or None
        return answer


class _Answer(JobReturn):
    """Hydra's own writes the job's overrides to stderr when it is asked for the value of a job that failed."""

    @property
    def return_value(self) -> Any:
        if self.status is JobStatus.FAILED:
            raise self._return_value
        return self._return_value

    @return_value.setter
    def return_value(self, value: Any) -> None:
        self._return_value = value


def _groups(drafts: Sequence[Draft], at_once: int | None) -> list[list[Draft]]:
    """Jobs with consecutive numbers, as a launcher counts them, and not too many."""
    groups: list[list[Draft]] = []
    for draft in drafts:
        last = groups[-1] if groups else []
        if last and last[-1].number + 1 == draft.number and (at_once is None or len(last) < at_once):
            last.append(draft)
        else:
            groups.append([draft])
    return groups


class ReviewingLauncher(Launcher):
    """Stands where the sweeper expects its launcher."""

    def __init__(self, inner: Launcher, batches: Batches) -> None:
        super().__init__()
        self.inner, self.batches = inner, batches

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """The launcher behind it is set up."""

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Launches the jobs of a batch that may run."""
        return self.batches.run(self.inner, job_overrides, initial_job_idx)
