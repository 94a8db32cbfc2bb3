"""The whole population of a run: cards, and where a recipe asks for them, the people around them."""

import numpy as np

from synth.contracts.population import Cards, Customers, Devices, Merchants, Population, Terminals
from synth.population.cards import CardNumbers
from synth.population.config import PopulationConfig
from synth.population.customers import deal_cards, draw_customers, draw_devices
from synth.population.merchants import draw_merchants
from synth.population.places import draw_cities
from synth.rng import Streams


def draw_population(
    config: PopulationConfig, numbers: CardNumbers, start_s: int, *, streams: Streams
) -> Population | None:
    """Draws customers, devices, merchants and terminals, and deals the cards; None where nobody is asked for.

    Args:
        start_s: first second of the window, which the cards are older than.
    """
    if config.customers is None and config.merchants is None:
        return None
    where = config.cities
    cities = draw_cities(where, rng=streams.draw("cities"))
    customers, cards, devices, merchants, terminals = _nobody()
    if config.customers:
        home_km = where.home_km if where else 0.0
        customers = draw_customers(config.customers, cities, config.grid, home_km, streams)
        cards = deal_cards(config.customers, customers, numbers.network_c, numbers.networks, start_s, streams)
        devices = draw_devices(config.customers.devices, len(customers), streams)
    if config.merchants:
        store_km = where.store_km if where else 0.0
        merchants, terminals = draw_merchants(config.merchants, cities, config.grid, store_km, config.locale, streams)
    return Population(config.census(), cities, customers, cards, devices, merchants, terminals)


def _nobody() -> tuple[Customers, Cards, Devices, Merchants, Terminals]:
    """Entities without rows."""
    import pyarrow as pa

    flag, code, place = np.empty(0, np.bool_), np.empty(0, np.int8), np.empty(0, np.int16)
    number, real = np.empty(0, np.int64), np.empty(0)
    return (
        Customers(code, code, code, code, number, place, real, real),
        Cards(number, flag, number, number, code, ()),
        Devices(number, code),
        Merchants(place, place, flag, real, code, code, real, place, real, real, pa.array([], pa.string())),
        Terminals(number, place, real, real),
    )
