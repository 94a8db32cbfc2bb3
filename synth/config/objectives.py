"""What a sweep is after."""

from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field

from synth.config.compose import Composed, changed_at
from synth.errors import Problem

_PATH = "sweep.objective"


@dataclass(frozen=True, kw_only=True)
class SweepConfig:
    """What `synth run -m` reads alone; no part of the data's identity."""

    objective: Annotated[
        str | list[str] | None,
        Field(description="figures of each job that a sweeper makes small or large, such as stats.fraud.share_of_rows"),
    ]

    @property
    def objectives(self) -> tuple[str, ...]:
        """Their names, in order."""
        named = self.objective or []
        return (named,) if isinstance(named, str) else tuple(named)


def for_one_run(composed: Composed) -> Composed:
    """Only a sweep is after anything: what a command line sets is a problem, what a file sets for one waits."""
    section = composed.config.get("sweep")
    where = changed_at(composed.origins, _PATH)
    if not (isinstance(section, dict) and section.get("objective") and where.startswith("command line")):
        return composed
    problem = Problem(path=_PATH, message=f"{_PATH} is for a sweep", where=where, hint="add -m to run one")
    return replace(composed, problems=(*composed.problems, problem))
