"""A subscriber: a line on stderr when a run begins, and one when it ends."""

import sys

import synth


class Announcer:
    """One for each run."""

    def run_started(self, started: synth.RunStarted) -> None:
        """The first block is about to be made."""
        sys.stderr.write(f"{started.rows:,} rows to come\n")

    def block_done(self, done: synth.BlockDone) -> None:
        """A block was handed to every sink."""

    def run_ended(self, ended: synth.RunEnded) -> None:
        """The last commit is made, or everything was taken back."""
        sys.stderr.write(f"{ended.outcome}\n")


@synth.hookimpl
def synth_subscribers() -> list[type[Announcer]]:
    """The class makes one for each run."""
    return [Announcer]
