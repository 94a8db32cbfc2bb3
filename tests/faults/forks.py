"""Real commands of synth, each in a process of its own, that die before the n-th thing that they would change."""

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.cli.commands import environ
from tests.faults.changes import Within
from tests.faults.commands import ROOT, Ended
from tests.forked import Forked


class Forks:
    """Carries out commands, one at a time, in an environment that leads nowhere but for what is given."""

    def __init__(self, env: Mapping[str, str] | None = None) -> None:
        self._env = dict(env or {})

    def near(self, env: Mapping[str, str]) -> "Forks":
        """The same, with more in the environment of each command."""
        return Forks(self._env | dict(env))

    def run(
        self,
        *words: str,
        cwd: Path = ROOT,
        at: int = 0,
        after: float = 0.0,
        fail_at: Sequence[int] = (),
        within: Within = "run",
    ) -> Ended:
        """Runs a command; ``look uri …`` says what stands at uris.

        Args:
            at: the change before which it is killed, from 1; 0 for none.
            after: seconds after which it is killed, 0 for never.
            fail_at: the changes that fail with an input/output error.
            within: where changes are counted, and kills may come.
        """
        order: dict[str, Any] = {"words": words, "within": within, "at": at, "after": after, "fail_at": list(fail_at)}
        with tempfile.NamedTemporaryFile() as count:
            told = [json.dumps(order), count.name]
            with Forked(told, cwd=cwd, env=environ(self._env), module="tests.faults.disturbed") as process:
                text, _ = process.communicate(timeout=300)
            return Ended(process.returncode, text, int(count.read() or b"0"))


def digests(place: Path) -> dict[str, str]:
    """Every file below a place, hidden ones too, with the digest of its bytes."""
    files = (path for path in sorted(place.rglob("*")) if path.is_file())
    return {path.relative_to(place).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
