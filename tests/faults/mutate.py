"""Seeded changes of JSON documents and of their bytes, as accidents and forgers make them."""

import copy
import json
import math
import random
from collections.abc import Iterator
from typing import Any

#: What may stand where something else was expected.
STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2**31, 2**63, -(2**63) - 1, 10**40, 0.5, -0.0, 1e308, math.nan, math.inf),
    *(
        "",
        " ",
        "0",
        "x",
        "../x",
        "/etc/passwd",
        "a\nb",
        "\x00",
        "\ud800",
        "é" * 3,
        "\U0001d54f",
        "%",
        "{}",
        "$" + "{x}",
        "A" * 5_000,
    ),
    *([], [[]], [None], ["x"], [0, 1, 2], {}, {"": None}, {"x": {"x": {"x": []}}}),
)

Place = tuple[str | int, ...]


def paths(content: Any, base: Place = ()) -> Iterator[Place]:
    """Every place of a document, the whole first."""
    yield base
    entries = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in entries:
        yield from paths(value, (*base, key))


def at(content: Any, path: Place) -> Any:
    """What stands at a place."""
    for key in path:
        content = content[key]
    return content


def put(content: Any, path: Place, value: Any) -> Any:
    """A document with something else at a place."""
    if not path:
        return value
    changed = copy.deepcopy(content)
    at(changed, path[:-1])[path[-1]] = value
    return changed


def mutated(content: dict[str, Any], rng: random.Random) -> Any:
    """A document with one to three changes: of types, keys, numbers, texts; dropped, doubled, nested or swapped."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        content = _change(content, rng)
    return content


def _change(content: Any, rng: random.Random) -> Any:
    places = [path for path in paths(content) if path]
    if not places:
        return content
    path = rng.choice(places)
    changed = copy.deepcopy(content)
    home, key = at(changed, path[:-1]), path[-1]
    value, kind = home[key], rng.randrange(7)
    if kind == 0:
        home[key] = copy.deepcopy(rng.choice(STRANGE))
    elif kind == 1:
        del home[key]
    elif kind == 2:
        home[key] = nearby(value, rng)
    elif kind == 3:
        home[key] = copy.deepcopy(at(content, rng.choice(places)))
    elif kind == 4 and isinstance(home, dict):
        home[rng.choice(("", "x", str(key) + "x", "a.b", "\ud800", "A" * 3_000))] = home.pop(key)
    elif kind == 5 and isinstance(home, list):
        home.insert(rng.randrange(len(home) + 1), copy.deepcopy(value))
    else:
        home[key] = _nested(value, rng.choice((1, 3, 200)), as_list=rng.random() < 0.5)
    return changed


def nearby(value: Any, rng: random.Random) -> Any:
    """A value of the same type that is almost the old one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + rng.choice((-1, 1, 10, -value, -2 * value, 10**12))
    if isinstance(value, float):
        return value * rng.choice((-1.0, 0.0, 1.001, 1e30))
    if isinstance(value, str) and value:
        place = rng.randrange(len(value))
        return value[:place] + rng.choice(("", "0", "f", "x", " ", "ü")) + value[place + 1 :]
    if isinstance(value, list):
        return rng.sample(value, len(value))
    return value


def _nested(value: Any, depth: int, *, as_list: bool) -> Any:
    for _ in range(depth):
        value = [value] if as_list else {"x": value}
    return value


def broken(text: bytes, rng: random.Random) -> bytes:
    """Bytes that are cut, doubled, flipped, encoded otherwise, or JSON that nobody would write."""
    place, kind = rng.randrange(len(text)), rng.randrange(8)
    if kind == 0:
        return text[:place]
    if kind == 1:
        return text[:place] + bytes([rng.randrange(256)]) + text[place + 1 :]
    if kind == 2:
        return text[:place] + rng.randbytes(rng.choice((1, 4, 100))) + text[place:]
    if kind == 3:
        return text + text
    if kind == 4:
        return text.decode().encode(rng.choice(("utf-16", "utf-32", "utf-8-sig")))
    if kind == 5:
        return text.replace(b"{", b'{"format": 2, "tables": {}, "format": 3, ', 1)
    if kind == 6:
        return rng.choice((b"[" * 100_000, b'{"a":' * 100_000, b"1" * 6_000, b"", b"null", b'"', b"\xff\xfe\x00"))
    return rng.choice((b"NaN", b"Infinity", b"-", b"1e999", b'"\\ud800"')).join((text[:place], text[place:]))


def as_bytes(content: Any) -> bytes | None:
    """A document as a file; None where JSON cannot say it, as what Python nests too deep."""
    try:
        return (json.dumps(content, indent=1) + "\n").encode()
    except (ValueError, RecursionError):
        return None


#: Pieces that mean something to YAML, to Hydra, to a number or to a terminal.
PIECES = (
    *("", "=", "==", "[", "]", "{", "}", "'", '"', ",", ":", " ", "\t", "\n", "\r", "\x00", "\\", "~", "+", "++", "@"),
    *(
        "$",
        "$" + "{seed}",
        "$" + "{oc.env:HOME}",
        "$" + "{a.b.c}",
        "$" + "{",
        "&a",
        "*a",
        "<<",
        "- ",
        "? ",
        "%",
        "#",
        "|",
    ),
    *("é", "\U0001d54f", "\u202e", "\ud800", "null", "true", "nan", ".nan", "inf", "-inf", "1e999", "9" * 400, "-1"),
    *("0", "0x1F", "1_000", "2022-13-45", "2022-01-01T00:00:00+25:00", "!!python/object:os.system", "[[[[", "{" * 200),
    *("A" * 3_000, "a.b.c", "..", ".", "/", "//", "_target_", "defaults", "kind", "package", "@package x", "1,2"),
    *("choice(1,2)", "range(1,3)", "glob(*)"),
)


def mutated_text(text: str, rng: random.Random) -> str:
    """A text with one to three pieces put in, or in the place of some letters."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        first = rng.randrange(len(text) + 1)
        text = text[:first] + rng.choice(PIECES) + text[first + rng.choice((0, 0, 1, 3, 12)) :]
    return text
