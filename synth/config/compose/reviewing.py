"""The problems of many jobs as one error: what several jobs share is told once, with which jobs."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from synth.config.compose.results import Draft
from synth.errors import ConfigError, Problem, RefusedError, SynthError

_SHOWN = 6


class RefusedJobs(RefusedError):
    """Jobs of a sweep cannot be carried out; nothing was written."""

    def __init__(self, problems: Sequence[Problem], exit_code: int) -> None:
        super().__init__(problems[0].message)
        self.problems = tuple(problems)
        self.exit_code = exit_code


def refusal_of(drafts: Sequence[Draft]) -> SynthError:
    """One error for all jobs that cannot run: that of a wrong configuration if one of them has such a one."""
    failed = [draft for draft in drafts if draft.error]
    jobs: dict[Problem, list[int]] = {}
    for draft in failed:
        for problem in _problems(draft):
            jobs.setdefault(problem, []).append(draft.number)
    every = len(drafts)
    told = [replace(each, message=f"{_of_jobs(found, every)}: {each.message}") for each, found in jobs.items()]
    if every == 1:
        told = list(jobs)
    if any(isinstance(draft.error, ConfigError) for draft in failed):
        return ConfigError(told)
    return RefusedJobs(told, max(draft.error.exit_code for draft in failed if draft.error))


def _problems(draft: Draft) -> Sequence[Problem]:
    error = draft.error
    return (error and error.problems) or (Problem(path="", message=str(error)),)


def _of_jobs(numbers: Sequence[int], every: int) -> str:
    if len(numbers) == every:
        return f"all {every} jobs"
    return f"{'job' if len(numbers) == 1 else 'jobs'} {number_list(numbers)}"


def number_list(numbers: Iterable[int]) -> str:
    """``0, 2-5 and 9``; of many ranges the first ones."""
    runs = [[n for _, n in run] for _, run in groupby(enumerate(sorted(numbers)), lambda pair: pair[1] - pair[0])]
    words = [word for run in runs for word in ([f"{run[0]}-{run[-1]}"] if len(run) > 2 else map(str, run))]
    if len(words) > _SHOWN:
        return f"{', '.join(words[:_SHOWN])} and others"
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
