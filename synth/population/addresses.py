"""Draws the addresses of customers: street, postal code, city and state, in keeping with each other.

Arrays end in their axis: ``_a`` per city, ``_u`` per customer.
"""

from typing import TYPE_CHECKING

import numpy as np

from synth.arrays import Int16
from synth.contracts.population import Cities
from synth.population.phrases import ask_whole, draw_phrases

if TYPE_CHECKING:
    import pyarrow as pa
    from faker import Faker

#: People of a postal code in the USA: 331.4 M in 33,791 areas (Census 2020).
_PEOPLE_PER_ZIP = 9_800


def draw_addresses(
    fake: "Faker", cities: Cities, city_u: Int16, *, rng: "np.random.Generator"
) -> "dict[str, pa.Array]":
    """Draws where people of the given cities live.

    Returns:
        (u,) street, zip and address, in one line; where the states of the cities are known, state and inhabitants.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    street = write_in_one_line(
        draw_phrases(fake, "address", "street_address", "street_address_formats", len(city_u), rng=rng).render()
    )
    city = pa.array(city_u)
    town = pa.array(cities.names).take(city)
    zip_code = _draw_zips(fake, cities, city_u, rng=rng)
    if not cities.states:
        place = pc.binary_join_element_wise(zip_code, town, " ")
        return {"street": street, "zip": zip_code, "address": pc.binary_join_element_wise(street, place, ", ")}
    state = pa.array(cities.states).take(city)
    region = pc.binary_join_element_wise(state, zip_code, " ")
    return {
        "street": street,
        "zip": zip_code,
        "address": pc.binary_join_element_wise(street, town, region, ", "),
        "state": state,
        "inhabitants": pa.array(cities.inhabitants_a).take(city),
    }


def _draw_zips(fake: "Faker", cities: Cities, city_u: Int16, *, rng: "np.random.Generator") -> "pa.StringArray":
    """(u,) postal codes: a few in a row for each city, among those of its state; elsewhere any of the locale."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ranges = getattr(fake.factories[0].provider("faker.providers.address"), "states_postcode", {})
    if not cities.states or not {*cities.states} <= {*ranges}:
        codes = pa.array(ask_whole(fake, "postcode"))
        return codes.take(pa.array(rng.integers(len(codes), size=len(city_u))))
    lowest_a, highest_a = np.array([ranges[state] for state in cities.states]).T
    codes_a = np.minimum(-(-cities.inhabitants_a // _PEOPLE_PER_ZIP), highest_a - lowest_a + 1)
    first_a = rng.integers(lowest_a, highest_a - codes_a + 1, endpoint=True)
    zip_u = first_a[city_u] + rng.integers(codes_a[city_u])
    return pc.utf8_lpad(pa.array(zip_u).cast(pa.string()), 5, "0")


def write_in_one_line(text: "pa.StringArray") -> "pa.StringArray":
    """Line ends, and commas before them, as commas."""
    import pyarrow.compute as pc

    return pc.replace_substring_regex(text, r"[,\s]*\n\s*", ", ")
