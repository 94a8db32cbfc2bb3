"""The keys of the population."""

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import Field

from synth.contracts.population import Census, ShopKind
from synth.errors import Problem
from synth.population.cards import NetworkConfig
from synth.population.customers import CustomersConfig
from synth.population.merchants import MerchantsConfig
from synth.population.places import CitiesConfig, GridConfig, place_problems
from synth.population.shares import sorted_names
from synth.rng import split_exactly
from synth.tables.people import CITY_PROFILE_COLUMNS, ENTITY_COLUMNS, PROFILE_COLUMNS, STATE_PROFILE_COLUMNS
from synth.wording import counted

#: Bytes of all texts of an Arrow column of type string.
_LONGEST_TEXT = 2**31 - 1

TableName = Literal["customers", "cards", "devices", "merchants", "terminals"]
TABLES: tuple[TableName, ...] = get_args(TableName)

#: Columns that an entity has where there are cities.
_OF_CITIES = ("city", "country", "latitude", "longitude")

_INT64_MAX = 2**63 - 1


@dataclass(frozen=True, kw_only=True)
class PopulationConfig:
    """The cards of a run, who holds them, and where they are used."""

    cards: Annotated[int, Field(ge=1, le=1_000_000_000, description="number of cards, all distinct, Luhn-valid")]
    networks: Annotated[
        dict[str, NetworkConfig], Field(min_length=1, max_length=100, description="card networks by name")
    ]
    profile: Annotated[
        Literal["faker"] | None,
        Field(description="faker: names and addresses of the customers, or a table of card holders; null: none"),
    ]
    locale: Annotated[str, Field(description="Faker locale of the profile and of the merchants' names")]
    grid: Annotated[GridConfig | None, Field(description="customers and merchants on a square")] = None
    cities: Annotated[CitiesConfig | None, Field(description="customers and merchants in cities")] = None
    customers: Annotated[CustomersConfig | None, Field(description="who holds the cards; null: nobody is known")] = None
    merchants: Annotated[MerchantsConfig | None, Field(description="who is paid; null: nobody is known")] = None
    tables: Annotated[
        list[TableName] | None,
        Field(description="which of customers, cards, devices, merchants and terminals to write; null: all there are"),
    ] = None

    def cards_by_network(self) -> dict[str, int]:
        """Cards of each network, exact by largest remainder; by name, so that the order in YAML does not matter."""
        names = sorted(self.networks)
        counts = split_exactly(self.cards, [self.networks[name].share for name in names])
        return dict(zip(names, counts.tolist(), strict=True))

    def _text_problems(self) -> Iterator[Problem]:
        """Yields where a table of cards is longer than Arrow's type string can be, whose offsets have 32 bits."""
        listed = self.customers or self.merchants or self.profile
        if not listed or self.cards * max(network.length for network in self.networks.values()) <= _LONGEST_TEXT:
            return
        digits = sum(count * self.networks[name].length for name, count in self.cards_by_network().items())
        if digits > _LONGEST_TEXT:
            yield Problem(
                path="cards",
                message=f"the numbers of {counted(self.cards, 'card')} are too long for one column of a table",
                allowed=(
                    f"about {_LONGEST_TEXT * self.cards // digits:,} at most, {_LONGEST_TEXT:,} digits, "
                    "where there are tables of cards or holders",
                ),
            )

    def problems(self) -> Iterator[Problem]:
        """Yields what the field ranges alone cannot say."""
        total = math.fsum(network.share for network in self.networks.values())
        if abs(total - 1) > 1e-9:
            yield Problem(
                path="networks", message=f"the shares sum to {total:.10g}, not 1", allowed=("shares that sum to 1",)
            )
        yield from self._prefix_problems()
        yield from self._text_problems()
        tight = {name for name, network in self.networks.items() if self.cards > network.capacity()}
        for name, count in self.cards_by_network().items() if tight else ():
            room = self.networks[name].capacity()
            if count > room:
                message = f"{name} gets {counted(count, 'card')}, but its prefixes leave room for {room:,}"
                yield Problem(
                    path=f"networks.{name}.prefixes",
                    message=message,
                    allowed=(f"shorter prefixes, or at most {counted(room, 'card')}",),
                )
        if self.profile is not None or self.merchants is not None:
            yield from _locale_problems(self.locale)
        yield from self._people_problems()

    @property
    def libraries(self) -> tuple[str, ...]:
        """Packages whose version can change who there is: names, addresses and cities are Faker's."""
        return ("faker",) if self.profile or self.merchants or self.cities else ()

    def census(self) -> Census:
        """What is known of the population before it is drawn."""
        customers, merchants = self.customers, self.merchants
        return Census(
            customers=customers.number if customers else 0,
            merchants=merchants.number if merchants else 0,
            terminals=merchants.terminals if merchants else 0,
            segments=sorted_names(customers.segments) if customers else (),
            age_bands=sorted_names(customers.age_bands) if customers else (),
            income_bands=sorted_names(customers.income_bands) if customers else (),
            devices=sorted_names(customers.devices.kinds) if customers else (),
            categories=sorted_names(merchants.categories) if merchants else (),
            countries=tuple(sorted(self.cities.countries)) if self.cities else (),
            segment_shares=tuple(part.share for _, part in sorted(customers.segments.items())) if customers else (),
            shops=tuple(
                ShopKind(kind.online, kind.opens, kind.closes) for _, kind in sorted(merchants.categories.items())
            )
            if merchants
            else (),
        )

    def table_names(self) -> tuple[str, ...]:
        """The tables of entities that a run writes."""
        wanted = TABLES if self.tables is None else self.tables
        return tuple(name for name in TABLES if name in wanted and self._section_of(name))

    def entity_columns(self) -> dict[str, dict[str, str]]:
        """Every table of entities that there is → its columns → what the population lacks for it, see ``_need``."""
        return {
            table: {name: self._need(table, name) for name in columns}
            for table, columns in ENTITY_COLUMNS.items()
            if self._section_of(table)
        }

    def _need(self, table: str, name: str) -> str:
        """What the population lacks for a column of a table; empty where it lacks nothing."""
        cities, people = self.cities, "population.profile=faker"
        if name in _OF_CITIES:
            return "" if cities else "population.cities"
        if table != "customers":
            return ""
        if name in STATE_PROFILE_COLUMNS:
            in_states = self.profile and cities and cities.in_known_states
            return "" if in_states else f"{people} and population.cities.countries=[US]"
        if name in CITY_PROFILE_COLUMNS:
            return "" if self.profile and cities else f"{people} and population.cities"
        return people if name in PROFILE_COLUMNS and not self.profile else ""

    def _section_of(self, table: str) -> CustomersConfig | MerchantsConfig | None:
        return self.merchants if table in ("merchants", "terminals") else self.customers

    def _people_problems(self) -> Iterator[Problem]:
        """What is wrong with customers, merchants and their places."""
        sections: dict[str, Iterator[Problem]] = {}
        if self.customers or self.merchants:
            yield from place_problems(self.grid, self.cities)
        if self.cities:
            sections["cities"] = self.cities.problems()
        if self.customers:
            sections["customers"] = self.customers.problems_with(self.cards)
        if self.merchants:
            sections["merchants"] = self.merchants.problems()
        for section, problems in sections.items():
            for problem in problems:
                yield problem.below(section)
        for i, name in enumerate(self.tables or ()):
            if not self._section_of(name):
                section = "merchants" if name in ("merchants", "terminals") else "customers"
                there = tuple(table for table in TABLES if self._section_of(table)) or ("none",)
                yield Problem(
                    path=f"tables.{i}",
                    message=f"there is no table {name!r} without population.{section}",
                    allowed=there,
                )

    def _prefix_problems(self) -> Iterator[Problem]:
        listed = sorted(
            (network.length, prefix, f"networks.{name}.prefixes.{i}")
            for name, network in self.networks.items()
            for i, prefix in enumerate(network.prefixes)
        )
        for length, prefix, path in listed:
            if (int(prefix) + 1) * 10 ** (length - len(prefix)) - 1 > _INT64_MAX:
                message = f"a number of {length} digits that begins with {prefix!r} does not fit into 64 bits"
                yield Problem(path=path, message=message, allowed=("at most 18 digits, or a prefix below 922",))
        for (length, outer, outer_path), (other, inner, inner_path) in itertools.combinations(listed, 2):
            if length == other and inner.startswith(outer):
                message = f"prefix {inner!r} lies inside {outer!r} of {outer_path}: both could yield the same number"
                yield Problem(
                    path=inner_path,
                    message=message,
                    allowed=("prefixes of one length, none of which begins with another",),
                )


def _locale_problems(locale: str) -> Iterator[Problem]:
    from faker.config import AVAILABLE_LOCALES

    if locale not in AVAILABLE_LOCALES:
        language = re.split("[-_]", locale)[0].lower()
        related = sorted(known for known in AVAILABLE_LOCALES if known.split("_")[0] == language)
        yield Problem(
            path="locale",
            message=f"Faker has no locale {locale!r}",
            allowed=tuple(related) or ("e.g. en_US, de_DE, ja_JP",),
        )
