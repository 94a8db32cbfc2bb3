"""My runner: say here on what it runs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

from pydantic import Field

from synth import Spec, hookimpl

synth_api = ">=1.0,<2"

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class MyRunnerConfig:
    """One line that `synth list` and `synth describe` show."""

    kind: Literal["my_runner"] = "my_runner"
    workers: Annotated[Literal[1] | None, Field(description="blocks made at a time: one")] = None


class MyRunner:
    """One block after the other, in this thread."""

    def __init__(self, config: MyRunnerConfig) -> None:
        self.workers = 1

    def map(self, work: Callable[[int], Result], blocks: int) -> Iterator[Result]:
        """Yields ``work(block)`` for every block, in block order."""
        for block in range(blocks):
            yield work(block)


@hookimpl
def synth_runners() -> list[Spec]:
    """Tells synth about the runner."""
    return [Spec(MyRunnerConfig, MyRunner)]
