"""Names for jobs: short, without secrets, fit for a folder and for a key in S3."""

import re
from collections.abc import Iterable, Sequence

from synth.config.compose.display import shown
from synth.wording import is_secret

_LONGEST = 60
_UNFIT = re.compile(r"[^A-Za-z0-9._=+-]+")


def folder_name(number: int, swept: Sequence[str]) -> str:
    """``3_seed=1,ratio=0.01``: the number tells jobs apart, the rest is for readers and may be cut.

    Args:
        swept: the overrides that tell the job from others.
    """
    return f"{number}_{described(swept)}".rstrip("_")


def described(overrides: Iterable[str]) -> str:
    """What overrides set, by the last step of each key; a key that sounds secret is left out with its value."""
    words = []
    for override in overrides:
        key, _, value = shown(override).partition("=")
        if not any(is_secret(step) for step in key.split(".")):
            name = re.split(r"[./@]", key.lstrip("+~"))[-1]
            words.append(f"{_fit(name)}={_fit(value)}")
    return ",".join(words)[:_LONGEST].strip(",.-")


def _fit(text: str) -> str:
    return _UNFIT.sub("-", text).strip("-.")


def quoted(text: str) -> str:
    """A text as the value of an override, whatever characters it has."""
    escaped = re.sub(r"(\\*)('|$)", lambda found: found[1] * 2 + ("\\'" if found[2] else ""), text)
    return f"'{escaped}'"
