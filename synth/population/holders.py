"""Card holders: who owns a card, in the words of a country, combined from Faker's own values.

Arrays end in their axis: ``_c`` per card.
"""

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from synth.arrays import Int8, Int16
from synth.contracts.population import Cities, Population
from synth.population.addresses import draw_addresses, write_in_one_line
from synth.population.phrases import Phrases, ask_whole, draw_phrases

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from faker import Faker

#: All before the last four digits, and what stands between and after them.
_LAST_DIGITS = re.compile(r"(.*)\d(\D*)\d(\D*)\d(\D*)\d(\D*)", re.DOTALL)
#: Reserved for documentation (RFC 2606): a message to a holder reaches nobody.
_MAIL_DOMAINS = ("example.com", "example.net", "example.org")
#: Ages in years on the reference day, both included.
_YOUNGEST, _OLDEST = 18, 90

_DOCS = {
    "name": "full name, as the country writes it",
    "first_name": "a part of the full name",
    "last_name": "a part of the full name",
    "gender": "F or M, as the name says; at random where it does not",
    "email": "unique, at a domain that is reserved for examples",
    "phone": "as the country writes it",
    "address": "as the country writes it, in one line",
    "birth_date": "18 to 90 years before the timeline's start",
    "job": "as the country calls it, or in English",
}


def draw_holders(cards_n: int, locale: str, *, reference: date, rng: "np.random.Generator") -> "pa.Table":
    """Draws one holder for each card.

    Args:
        cards_n: cards of the population.
        locale: any Faker locale; what its providers lack comes from Faker's default, en_US.
        reference: the day on which holders are 18 to 90 years old: the start of the timeline.

    Returns:
        A table of ``cards_n`` rows, row i for card i: card_id and holder_id (int64), and the columns of
        ``PROFILE_COLUMNS``; no nulls. E-mail addresses are unique and spell the name in ASCII. The values
        depend on the version of Faker as well as on the stream.
    """
    import pyarrow as pa

    drawn = draw_persons(cards_n, locale, reference=reference, rng=rng)
    ids = pa.array(np.arange(cards_n, dtype=np.int64))
    columns = {"card_id": ids, "holder_id": ids, **drawn}
    docs = {"card_id": "the holder's card: its index in the population", "holder_id": "key of the holder", **_DOCS}
    fields = [
        pa.field(name, values.type, nullable=False, metadata={"doc": docs[name]}) for name, values in columns.items()
    ]
    return pa.table(list(columns.values()), schema=pa.schema(fields))


def draw_customer_profiles(
    population: Population, locale: str, *, reference: date, rng: "np.random.Generator"
) -> "Mapping[str, pa.Array]":
    """What a profile says of each customer: of that age, and in that city where there are cities.

    Args:
        locale, reference: as above.
    """
    customers, cities = population.customers, population.cities
    home = (cities, customers.city_u) if len(cities) else None
    return draw_persons(len(customers), locale, reference=reference, rng=rng, age=customers.age_u, home=home)


def draw_persons(
    count: int,
    locale: str,
    *,
    reference: date,
    rng: "np.random.Generator",
    age: Int8 | None = None,
    home: tuple[Cities, Int16] | None = None,
) -> "Mapping[str, pa.Array]":
    """Draws what a profile says of each person: the columns of ``PROFILE_COLUMNS``, and in cities of the others.

    Args:
        locale, reference: as above.
        age: (n,) full years on the reference day; None: 18 to 90.
        home: the cities, and (n,) which one each lives in; None: somewhere in the locale.
    """
    import pyarrow as pa
    from faker import Faker

    fake = Faker(locale)
    fake.seed_instance(int(rng.integers(2**63)))
    names = draw_phrases(fake, "person", "name", "formats", count, rng=rng)
    jobs = pa.array(sorted({*ask_whole(fake, "job")}))
    if home:
        addresses = draw_addresses(fake, *home, rng=rng)
    else:
        whole = draw_phrases(fake, "address", "address", "address_formats", count, rng=rng).render()
        addresses = {"address": write_in_one_line(whole)}
    return {
        **_read_names(names, rng=rng),
        "email": _draw_emails(fake, names, rng=rng),
        "phone": _draw_phones(fake, count, rng=rng),
        **addresses,
        "birth_date": _draw_birth_dates(count, reference, rng=rng)
        if age is None
        else _draw_birth_dates_of(age, reference, rng=rng),
        "job": jobs.take(pa.array(rng.integers(len(jobs), size=count))),
    }


def _read_names(names: Phrases, *, rng: "np.random.Generator") -> "dict[str, pa.StringArray]":
    """(n,) full names, first and last names, and the gender that they belong to, F or M.

    A name that says no gender gets one at random; one that a locale composes by code of its own is cut after a word;
    who has but one name has it for first and last.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    whole, first, last = names.render(), names.part("first_name"), names.part("last_name")
    cut = pc.extract_regex(whole, r"^(?P<first>\S+)\s*(?P<last>.*)$")
    message = pa.array(names.mentions("first_name"))
    first, last = pc.if_else(message, first, cut.field("first")), pc.if_else(message, last, cut.field("last"))
    female_n, male_n = names.mentions("female"), names.mentions("_male")
    female_n |= ~male_n & (rng.random(len(female_n)) < 0.5)
    return {
        "name": whole,
        "first_name": first,
        "last_name": pc.if_else(pc.equal(last, ""), first, last),
        "gender": pc.if_else(pa.array(female_n), "F", "M"),
    }


def _draw_emails(fake: "Faker", names: Phrases, *, rng: "np.random.Generator") -> "pa.StringArray":
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


def _draw_phones(fake: "Faker", cards_n: int, *, rng: "np.random.Generator") -> "pa.StringArray":
    """(n,) numbers of the country's forms, the last four digits drawn anew; no short numbers of public services."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from faker import Faker

    if not hasattr(fake, "phone_number"):
        fake = Faker()
        fake.seed_instance(int(rng.integers(2**63)))
    numbers = [number for number in ask_whole(fake, "phone_number") if len(re.findall(r"\d", number)) >= 6]
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


def _draw_birth_dates(cards_n: int, reference: date, *, rng: "np.random.Generator") -> "pa.Date32Array":
    """(n,) days, uniform over those that make a holder 18 to 90 years old on the reference day."""
    import pyarrow as pa

    first = _years_before(reference, _OLDEST + 1) + timedelta(days=1)
    last = _years_before(reference, _YOUNGEST)
    days_c = rng.integers((last - first).days + 1, size=cards_n)
    return pa.array(np.datetime64(first, "D") + days_c, pa.date32())


def _draw_birth_dates_of(age: Int8, reference: date, *, rng: "np.random.Generator") -> "pa.Date32Array":
    """(n,) days, uniform over those that make a person of the given age on the reference day."""
    import pyarrow as pa

    lasts = np.array([_years_before(reference, years) for years in range(int(age.max(initial=0)) + 2)], "datetime64[D]")
    first, last = lasts[age + 1].astype(np.int64) + 1, lasts[age].astype(np.int64)
    return pa.array(rng.integers(first, last, endpoint=True).astype("datetime64[D]"), pa.date32())


def _years_before(day: date, years: int) -> date:
    """The same day of an earlier year; the last of February for a 29th that it does not have."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
