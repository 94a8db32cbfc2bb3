"""Texts of a country as combinations of Faker's own values, drawn and joined as whole columns.

Faker makes pools of a few thousand first names, last names, streets and towns once; texts are combinations of them.
Arrays end in their axis: ``_n`` per text.
"""

import importlib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from synth.arrays import Int64, Mask

if TYPE_CHECKING:
    import pyarrow as pa
    from faker import Faker


#: Values of each kind that Faker is asked for; two kinds combine to millions.
_POOL = 2_000
#: Values where nothing is combined: phone numbers, and what a locale composes by code of its own.
_WHOLE_POOL = 5_000
#: A placeholder of Faker's templates that stands for one of its methods, without arguments.
_TOKEN = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True)
class Phrases:
    """Texts of n rows as choices, not yet written out.

    Attributes:
        pools: Faker's values of each placeholder.
        groups: for each template, its pieces: literals, and (placeholder, index of the pool's value in each row).
        rows: of each template.
        place_n: (n,) int64 where each row stands in the groups, written one after the other.
    """

    pools: Mapping[str, list[str]]
    groups: list[list[str | tuple[str, Int64]]]
    rows: list[int]
    place_n: Int64

    def render(self) -> "pa.StringArray":
        """(n,) the texts."""
        return self._write(self.groups, self.pools, "")

    def part(self, word: str) -> "pa.StringArray":
        """(n,) what stands from the first to the last placeholder with ``word`` in its name; empty without one."""
        groups: list[list[str | tuple[str, Int64]]] = []
        for pieces in self.groups:
            named = [i for i, p in enumerate(pieces) if not isinstance(p, str) and word in p[0]]
            groups.append(pieces[named[0] : named[-1] + 1] if named else [])
        return self._write(groups, self.pools, "")

    def mentions(self, word: str) -> Mask:
        """(n,) bool: whether a placeholder has ``word`` in its name."""
        found = [any(not isinstance(p, str) and word in p[0] for p in pieces) for pieces in self.groups]
        return np.repeat(found, self.rows)[self.place_n]

    def spell(self, word: str, spelling: Callable[[str], str]) -> "pa.StringArray":
        """(n,) the values of all placeholders with ``word`` in their name, each in another spelling, joined by dots."""
        groups = [[p for p in pieces if not isinstance(p, str) and word in p[0]] for pieces in self.groups]
        pools = {token: [spelling(value) for value in pool] for token, pool in self.pools.items() if word in token}
        return self._write(groups, pools, ".")

    def _write(
        self,
        groups: Sequence[Sequence[str | tuple[str, Int64]]],
        pools: Mapping[str, list[str]],
        separator: str,
    ) -> "pa.StringArray":
        import pyarrow as pa
        import pyarrow.compute as pc

        arrays = {token: pa.array(pool, pa.string()) for token, pool in pools.items()}
        written = []
        for pieces, rows in zip(groups, self.rows, strict=True):
            texts = [p if isinstance(p, str) else arrays[p[0]].take(pa.array(p[1])) for p in pieces]
            if texts:
                written.append(pc.binary_join_element_wise(*texts, separator))
            else:
                written.append(pa.repeat("", rows))
        return pa.concat_arrays(written).take(pa.array(self.place_n))


def draw_phrases(
    fake: "Faker", kind: str, method: str, attribute: str, count: int, *, rng: "np.random.Generator"
) -> Phrases:
    """Draws what a Faker method composes of its templates; a locale with code of its own is asked for whole values."""
    provider = fake.factories[0].provider(f"faker.providers.{kind}")
    plain = getattr(importlib.import_module(f"faker.providers.{kind}").Provider, method)
    formats = getattr(provider, attribute, ())
    weights = dict(formats) if isinstance(formats, Mapping) else Counter(formats)
    if getattr(type(provider), method) is not plain or any("{{" in _TOKEN.sub("", template) for template in weights):
        weights = {"{{" + method + "}}": 1}

    tokens = dict.fromkeys(token for template in weights for token in _TOKEN.findall(template))
    pools = {t: _ask(fake, t, _WHOLE_POOL if t == method else _POOL) for t in tokens}
    share = np.array(list(weights.values()), dtype=np.float64)
    template_n = rng.choice(len(share), size=count, p=share / share.sum())
    groups: list[list[str | tuple[str, Int64]]] = []
    counts = np.bincount(template_n, minlength=len(share)).tolist()
    for template, rows in zip(weights, counts, strict=True):
        literals_and_tokens = enumerate(_TOKEN.split(template))
        groups.append(
            [
                (piece, rng.integers(len(pools[piece]), size=rows)) if i % 2 else piece
                for i, piece in literals_and_tokens
            ]
        )
    place_n = np.empty(count, dtype=np.int64)
    place_n[np.argsort(template_n, kind="stable")] = np.arange(count)
    return Phrases(pools, groups, counts, place_n)


def ask_whole(fake: "Faker", token: str) -> list[str]:
    """Values of a Faker method that are taken as they are."""
    return _ask(fake, token, _WHOLE_POOL)


def _ask(fake: "Faker", token: str, count: int) -> list[str]:
    answers, state = _answers(_Question(fake, tuple(fake.locales), fake.random.getstate(), token, count))
    fake.random.setstate(state)
    return list(answers)


@dataclass(frozen=True)
class _Question:
    """All that Faker's answers follow from: its locales, and where its random numbers stand."""

    fake: "Faker" = field(compare=False, repr=False)
    locales: tuple[str, ...]
    state: tuple[Any, ...]
    token: str
    count: int


@lru_cache(maxsize=64)  # worlds of one seed, as in a sweep, ask the same, and that is most of the time of a small one
def _answers(question: _Question) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """What Faker says, and where its random numbers stand afterwards."""
    placeholder = "{{" + question.token + "}}"
    said = tuple(question.fake.parse(placeholder) for _ in range(question.count))
    return said, question.fake.random.getstate()
