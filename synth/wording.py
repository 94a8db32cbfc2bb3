"""Words of messages: counts, nearest names, values as YAML writes them, and nothing secret."""

import json
import re
from collections.abc import Iterable
from typing import Any

_SECRET = "passw|secret|token|credential|(?:api|access|private|account)_?key"
_SECRET_KEY = re.compile(_SECRET, re.IGNORECASE)
_SECRET_PAIR = re.compile(
    rf"""([\w-]*(?:{_SECRET})[\w-]*['"]?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^,}}\]\s]+)""", re.IGNORECASE
)
_USER_INFO = re.compile(r"(?<=//)[^/@\s]+(?=@)")


def nearest(word: str, known: Iterable[str]) -> str:
    """What somebody may have meant, for a message.

    >>> synth.nearest("ratoi", ["ratio", "mode"])
    "did you mean 'ratio'?"

    Args:
        word: what was written.
        known: what could have been written.

    Returns:
        ``did you mean 'ratio'?``; empty where nothing is near.
    """
    import difflib

    near = difflib.get_close_matches(word, list(known), 1, cutoff=0.65)
    return f"did you mean {near[0]!r}?" if near else ""


def in_yaml(value: object) -> str:
    """A value in YAML's words, on one line, long ones cut, without the secrets below it."""
    if isinstance(value, dict | list):
        kind = "mapping" if isinstance(value, dict) else "list"
        return f"a {kind}, {_cut(_flow(value))}" if value else f"an empty {kind}"
    return _cut(_flow(value)) if value != "" else "an empty text"


def _flow(value: object) -> str:
    if isinstance(value, dict):
        shown = {key: "***" if is_secret(str(key)) else _flow(below) for key, below in value.items()}
        return "{" + ", ".join(f"{key}: {below}" for key, below in shown.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return json.dumps(value) if value is None or isinstance(value, bool) else repr(value)


def _cut(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> synth.counted(1, "card"), synth.counted(2000, "card")
    ('1 card', '2,000 cards')

    Args:
        number: how many.
        noun: of one; an s makes it several.

    Returns:
        The words, with commas between thousands.
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def is_secret(key: str) -> bool:
    """Whether a key sounds as if its value should not be shown.

    >>> synth.is_secret("sasl.password"), synth.is_secret("uri")
    (True, False)

    Args:
        key: of a config, or of a client's options.

    Returns:
        True for passwords, tokens, keys and the like.
    """
    return _SECRET_KEY.search(key) is not None


def hide_secrets(text: str) -> str:
    """A text without the ``user:password`` of the uris and the ``password: value`` of the mappings in it."""
    return _SECRET_PAIR.sub(r"\1***", _USER_INFO.sub("***", text))


def one_line(text: str) -> str:
    """A text with line ends and other unprintable characters escaped.

    >>> synth.one_line("first\\nsecond")
    'first\\\\nsecond'

    Args:
        text: any.

    Returns:
        The same on one line; a secret in it stays as it is.
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def on_one_line(text: str) -> str:
    """What other people's code says, fit for a message: on one line, without secrets.

    >>> synth.on_one_line("cannot reach\\n  http://me:pw@host")
    'cannot reach http://***@host'

    Args:
        text: e.g. of an exception.

    Returns:
        The text with single spaces, unprintable characters escaped, and ``***`` for passwords.
    """
    return one_line(hide_secrets(" ".join(text.split())))


def without_secrets(value: Any) -> Any:
    """A copy of plain data in which the values of keys that sound secret are blanked out."""
    if isinstance(value, dict):
        return {k: "***" if is_secret(str(k)) and _is_leaf(v) else without_secrets(v) for k, v in value.items()}
    return [without_secrets(each) for each in value] if isinstance(value, list) else value


def _is_leaf(value: Any) -> bool:
    return value is not None and not isinstance(value, dict | list)
