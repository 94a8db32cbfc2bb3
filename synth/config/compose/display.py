"""Reads an override as text: how messages, origins, tables and manifests show it, and what it sets."""

from synth.wording import hide_secrets, is_secret, one_line


def shown(override: str) -> str:
    """The override on one line, fit for display: secrets are blanked out."""
    key, equals, value = override.partition("=")
    # The second step is a name of the user's own, such as scenario.credential_stuffing.
    secret = any(is_secret(step) for place, step in enumerate(key.split(".")) if place != 1)
    return one_line(key + equals + ("***" if equals and secret else hide_secrets(value)))


def sets(override: str, key: str) -> bool:
    """Whether an override sets a key, or chooses the option of a group."""
    return override.lstrip("+").partition("=")[0] == key
