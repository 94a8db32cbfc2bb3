"""How the files of a run are arranged in their place: what configurations of sinks of files have in common."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, TypedDict

from synth.errors import Problem
from synth.sinks.places import RunFolder
from synth.sinks.s3_options import S3Options
from synth.tables.column import Column
from synth.tables.partition import partition_problems
from synth.tables.split import Split, split_problems
from synth.timeline import Timeline


class Arranged(Protocol):
    """The fields of such a configuration."""

    @property
    def run_folder(self) -> RunFolder:
        """Whether a run has a folder of its own."""

    @property
    def s3(self) -> S3Options:
        """How objects are put into a bucket."""

    @property
    def partition_by(self) -> Sequence[str]:
        """Keys of the folders of the transactions."""

    @property
    def split(self) -> Mapping[str, str | None]:
        """Parts of the transactions by time, by their names."""

    @property
    def describe(self) -> bool:
        """Whether descriptions for machines stand beside the data card."""


class Arrangement(TypedDict):
    """The same, as ``FileSink`` takes it."""

    folder: RunFolder
    partition_by: Sequence[str]
    s3: S3Options
    split: Split
    describe: bool


def arrangement_of(config: Arranged) -> Arrangement:
    """What a configuration without problems says."""
    return {
        "folder": config.run_folder,
        "partition_by": config.partition_by,
        "s3": config.s3,
        "split": Split.of(config.split),
        "describe": config.describe,
    }


def arrangement_problems(config: Arranged, view: Mapping[str, Column], window: Timeline) -> Iterator[Problem]:
    """Yields what the view and the window do not have of the folders and parts that a configuration wants."""
    yield from split_problems(config.split, view, window, described=config.describe)
    yield from partition_problems(config.partition_by, view)
