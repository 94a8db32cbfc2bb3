"""Reads an override as text: how messages, origins, tables and manifests show it, and what it sets."""

from synth.wording import hide_secrets, is_secret, one_line

#: Groups of which a recipe may hold several instances, each below a name of its own.
MULTIPLE = ("scenario", "sink")


def shown(override: str) -> str:
    """The override on one line, fit for display: secrets are blanked out."""
    key, equals, value = override.partition("=")
    group, *steps = key.lstrip("+").split(".")
    # In these groups the second step is a name of the user's own, such as scenario.credential_stuffing.
    secret = any(map(is_secret, steps[1:] if group in MULTIPLE else [group, *steps]))
    return one_line(key + equals + ("***" if equals and secret else hide_secrets(value)))


def sets(override: str, key: str) -> bool:
    """Whether an override sets a key, or chooses the option of a group."""
    return override.lstrip("+").partition("=")[0] == key
