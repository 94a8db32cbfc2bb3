"""The codes of countries (ISO 3166-1, two letters) and of currencies (ISO 4217) that Faker lists."""

from functools import cache


@cache
def country_codes() -> frozenset[str]:
    """Every country that Faker names, or knows a city of."""
    from faker.providers.date_time import Provider as Countries
    from faker.providers.geo import Provider as Cities

    return frozenset({each.alpha_2_code for each in Countries.countries} | {city[3] for city in Cities.land_coords})


@cache
def currency_codes() -> frozenset[str]:
    """Every currency that Faker names."""
    from faker.providers.currency import Provider

    return frozenset(code for code, _ in Provider.currencies)
