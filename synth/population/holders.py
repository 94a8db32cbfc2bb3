"""Card holders: who owns a card, in the words of a country, combined from Faker's own values.

Faker makes pools of a few thousand first names, last names, streets and towns once; holders are combinations of them,
drawn and joined as whole columns. Arrays end in their axis: ``_c`` per card.
"""

import importlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa
    from faker import Faker

Int64 = npt.NDArray[np.int64]

#: Values of each kind that Faker is asked for; two kinds combine to millions.
_POOL = 2_000
#: Values where nothing is combined: phone numbers, and what a locale composes by code of its own.
_WHOLE_POOL = 5_000
#: A placeholder of Faker's templates that stands for one of its methods, without arguments.
_TOKEN = re.compile(r"\{\{\s*(\w+)\s*\}\}")
#: All before the last four digits, and what stands between and after them.
_LAST_DIGITS = re.compile(r"(.*)\d(\D*)\d(\D*)\d(\D*)\d(\D*)", re.DOTALL)
#: Reserved for documentation (RFC 2606): a message to a holder reaches nobody.
_MAIL_DOMAINS = ("example.com", "example.net", "example.org")
#: Ages in years on the reference day, both included.
_YOUNGEST, _OLDEST = 18, 90


def draw_holders(cards_n: int, locale: str, *, reference: date, rng: np.random.Generator) -> "pa.Table":
    """Draws one holder for each card.

    Args:
        cards_n: cards of the population.
        locale: any Faker locale; what its providers lack comes from Faker's default, en_US.
        reference: the day on which holders are 18 to 90 years old: the start of the timeline.

    Returns:
        A table of ``cards_n`` rows, row i for card i: card_id and holder_id (int64), name, email, phone and address
        (string), birth_date (date32); no nulls. E-mail addresses are unique and spell the name in ASCII. The values
        depend on the version of Faker as well as on the stream.
    """
    import pyarrow as pa
    from faker import Faker

    fake = Faker(locale)
    fake.seed_instance(int(rng.integers(2**63)))
    ids = pa.array(np.arange(cards_n, dtype=np.int64))
    names = _draw_phrases(fake, "person", "name", "formats", cards_n, rng=rng)
    addresses = _draw_phrases(fake, "address", "address", "address_formats", cards_n, rng=rng)
    columns = {
        "card_id": (ids, "the holder's card: its index in the population"),
        "holder_id": (ids, "key of the holder"),
        "name": (names.render(), "full name, as the country writes it"),
        "email": (_draw_emails(fake, names, rng=rng), "unique, at a domain that is reserved for examples"),
        "phone": (_draw_phones(fake, cards_n, rng=rng), "as the country writes it"),
        "address": (_write_in_one_line(addresses.render()), "as the country writes it, in one line"),
        "birth_date": (_draw_birth_dates(cards_n, reference, rng=rng), "18 to 90 years before the timeline's start"),
    }
    fields = [
        pa.field(name, values.type, nullable=False, metadata={"doc": doc}) for name, (values, doc) in columns.items()
    ]
    return pa.table([values for values, _ in columns.values()], schema=pa.schema(fields))


@dataclass(frozen=True)
class _Phrases:
    """Texts of n rows as choices, not yet written out.

    Attributes:
        pools: Faker's values of each placeholder.
        groups: for each template, its pieces: literals, and (placeholder, index of the pool's value in each row).
        place_c: (n,) int64 where each row stands in the groups, written one after the other.
    """

    pools: Mapping[str, list[str]]
    groups: list[list[str | tuple[str, Int64]]]
    place_c: Int64

    def render(self) -> "pa.StringArray":
        """(n,) the texts."""
        return self._write(self.groups, self.pools, "")

    def spell(self, word: str, spelling: Callable[[str], str]) -> "pa.StringArray":
        """(n,) the values of all placeholders with ``word`` in their name, each in another spelling, joined by dots."""
        groups = [[p for p in pieces if not isinstance(p, str) and word in p[0]] for pieces in self.groups]
        pools = {token: [spelling(value) for value in pool] for token, pool in self.pools.items() if word in token}
        return self._write(groups, pools, ".")

    def _write(
        self,
        groups: list[list[str | tuple[str, Int64]]] | list[list[tuple[str, Int64]]],
        pools: Mapping[str, list[str]],
        separator: str,
    ) -> "pa.StringArray":
        import pyarrow as pa
        import pyarrow.compute as pc

        arrays = {token: pa.array(pool, pa.string()) for token, pool in pools.items()}
        written = []
        for pieces in groups:
            texts = [p if isinstance(p, str) else arrays[p[0]].take(pa.array(p[1])) for p in pieces]
            written.append(pc.binary_join_element_wise(*texts, separator))
        return pa.concat_arrays(written).take(pa.array(self.place_c))


def _draw_phrases(
    fake: "Faker", kind: str, method: str, attribute: str, cards_n: int, *, rng: np.random.Generator
) -> _Phrases:
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
    template_c = rng.choice(len(share), size=cards_n, p=share / share.sum())
    groups: list[list[str | tuple[str, Int64]]] = []
    for template, rows in zip(weights, np.bincount(template_c, minlength=len(share)).tolist(), strict=True):
        literals_and_tokens = enumerate(_TOKEN.split(template))
        groups.append(
            [
                (piece, rng.integers(len(pools[piece]), size=rows)) if i % 2 else piece
                for i, piece in literals_and_tokens
            ]
        )
    place_c = np.empty(cards_n, dtype=np.int64)
    place_c[np.argsort(template_c, kind="stable")] = np.arange(cards_n)
    return _Phrases(pools, groups, place_c)


def _ask(fake: "Faker", token: str, count: int) -> list[str]:
    return [fake.parse("{{" + token + "}}") for _ in range(count)]


def _draw_emails(fake: "Faker", names: _Phrases, *, rng: np.random.Generator) -> "pa.StringArray":
    """(n,) unique addresses: the name in ASCII, numbered where several holders share it."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from faker.decode import unidecode

    replacements = dict(getattr(fake.factories[0].provider("faker.providers.internet"), "replacements", ()))

    def spell_in_ascii(value: str) -> str:
        spelt = "".join(replacements.get(character, character) for character in value)
        return ".".join(re.findall("[a-z]+", unidecode(spelt).lower().replace("'", ""))) or "holder"

    user = names.spell("name", spell_in_ascii)
    code_c = user.dictionary_encode().indices.to_numpy()
    order_c = np.argsort(code_c, kind="stable")
    sorted_c = code_c[order_c]
    nth_c = np.empty(len(code_c), dtype=np.int64)
    nth_c[order_c] = np.arange(1, len(code_c) + 1) - np.searchsorted(sorted_c, sorted_c)
    # A user part has no digits of its own, so that (name, number) reads in one way only.
    number = pc.if_else(pa.array(nth_c == 1), "", pa.array(nth_c).cast(pa.string()))
    domain = pa.array(_MAIL_DOMAINS).take(pa.array(rng.integers(len(_MAIL_DOMAINS), size=len(code_c))))
    return pc.binary_join_element_wise(user, number, "@", domain, "")


def _draw_phones(fake: "Faker", cards_n: int, *, rng: np.random.Generator) -> "pa.StringArray":
    """(n,) numbers of the country's forms, the last four digits drawn anew; no short numbers of public services."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from faker import Faker

    if not hasattr(fake, "phone_number"):
        fake = Faker()
        fake.seed_instance(int(rng.integers(2**63)))
    numbers = [number for number in _ask(fake, "phone_number", _WHOLE_POOL) if len(re.findall(r"\d", number)) >= 6]
    matches = [match for number in numbers if (match := _LAST_DIGITS.fullmatch(number))]
    digit = re.findall(r"\d", numbers[0])[0]
    zero = ord(digit) - int(digit)
    digits = pa.array([chr(zero + value) for value in range(10)])
    number_c = pa.array(rng.integers(len(matches), size=cards_n))
    pieces = [pa.array([match[1] for match in matches]).take(number_c)]
    for group in range(2, 6):
        pieces.append(digits.take(pa.array(rng.integers(10, size=cards_n))))
        pieces.append(pa.array([match[group] for match in matches]).take(number_c))
    return pc.binary_join_element_wise(*pieces, "")


def _write_in_one_line(text: "pa.StringArray") -> "pa.StringArray":
    import pyarrow.compute as pc

    return pc.replace_substring_regex(text, r"[,\s]*\n\s*", ", ")


def _draw_birth_dates(cards_n: int, reference: date, *, rng: np.random.Generator) -> "pa.Date32Array":
    """(n,) days, uniform over those that make a holder 18 to 90 years old on the reference day."""
    import pyarrow as pa

    first = _years_before(reference, _OLDEST + 1) + timedelta(days=1)
    last = _years_before(reference, _YOUNGEST)
    days_c = rng.integers((last - first).days + 1, size=cards_n)
    return pa.array(np.datetime64(first, "D") + days_c, pa.date32())


def _years_before(day: date, years: int) -> date:
    """The same day of an earlier year; the last of February for a 29th that it does not have."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
