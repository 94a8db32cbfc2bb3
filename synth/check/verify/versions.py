"""The libraries that made an output, beside those that are here."""

from collections.abc import Iterator
from typing import Any

from synth.check.verify.rows import Check
from synth.contracts.output import Output
from synth.libraries import other_versions


def note_versions(output: Output) -> Iterator[Check]:
    """Yields a note where a library is here in another version: the output is as it is, its recipe may give another."""
    versions: Any = output.manifest.get("versions")
    told = other_versions(versions) if isinstance(versions, dict) else []
    if told:
        yield Check("libraries", None, f"{'; '.join(told)}: here the recipe may give other rows")
