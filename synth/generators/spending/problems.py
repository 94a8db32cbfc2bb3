"""Checks that the keys of generator=spending fit each other and the population."""

import math
from calendar import month_name
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime

from synth.contracts.generator import World
from synth.errors import Problem
from synth.generators.rhythm import days_of
from synth.generators.spending.circumstances import Currency, Drift
from synth.generators.spending.config import Segment, SpendingConfig, UniformRate
from synth.iso import country_codes, currency_codes
from synth.timeline import Timeline
from synth.wording import nearest


def problems(config: SpendingConfig, world: World) -> Iterator[Problem]:
    """Yields what ranges alone cannot say."""
    census = world.census
    if not census.customers or not census.merchants:
        message = "spending needs customers and merchants, and the population has only cards"
        yield Problem(path="", message=message, allowed=("a population with people, e.g. population=retail_us",))
        return
    if not {*census.segments} & {*config.segments}:
        message = f"nothing is known here of the population's customers: {', '.join(census.segments)}"
        known = ", ".join(config.segments)
        yield Problem(path="", message=message, allowed=(f"a population with segments of this generator: {known}",))
        return
    strange = {
        "segments": sorted({*census.segments} - {*config.segments}),
        "categories": sorted({*census.categories} - {*config.categories}),
    }
    for group, names in strange.items():
        if names:
            message = f"the population has {group} that have no behaviour here: {', '.join(names)}"
            yield Problem(path=group, message=message, allowed=(f"an entry for each of them in generator.{group}",))
    for name, segment in config.segments.items():
        yield from _segment_problems(name, segment, config, [] if strange["categories"] else census.sold)
    yield from _order_problems(config)
    if config.travel:
        yield from _unknown("travel.segments", config.travel.segments, "segment", config.segments)
    yield from _date_problems(config, world.timeline)
    yield from _decline_problems(config)
    if config.currency:
        yield from _currency_problems(config.currency, census.countries)


def _unknown(path: str, names: Iterable[str], what: str, known: Collection[str]) -> Iterator[Problem]:
    """Yields the keys of a mapping that name nothing."""
    for name in sorted({*names} - {*known}):
        yield _unknown_name(f"{path}.{name}", f"there is no {what} {name!r}", name, known)


def _unknown_name(path: str, message: str, name: str, known: Collection[str]) -> Problem:
    return Problem(path=path, message=message, allowed=tuple(sorted(known)), hint=nearest(name, known))


def _segment_problems(name: str, segment: Segment, config: SpendingConfig, sold: Collection[str]) -> Iterator[Problem]:
    for category in sorted({*segment.mix} - {*config.categories}):
        message = f"segment {name!r} buys {category!r}, which is no category"
        yield _unknown_name(f"segments.{name}.mix.{category}", message, category, config.categories)
    if sold and not any(segment.mix.get(category) for category in sold):
        message = f"segment {name!r} buys nothing that the population's merchants sell"
        yield Problem(
            path=f"segments.{name}.mix", message=message, allowed=(f"a weight above 0 for one of {', '.join(sold)}",)
        )
    if not any(segment.weekday) or not any(getattr(segment.day, "weights", [1])):
        yield Problem(
            path=f"segments.{name}", message=f"segment {name!r} is never active", allowed=("a weight above 0",)
        )
    rate = segment.rate
    if isinstance(rate, UniformRate) and rate.low > rate.high:
        yield Problem(
            path=f"segments.{name}.rate.low",
            message=f"low {rate.low:g} is above high {rate.high:g}",
            allowed=("at most high",),
        )


def _order_problems(config: SpendingConfig) -> Iterator[Problem]:
    for name, order in (config.standing or {}).items():
        if order.category not in config.categories:
            message = f"there is no category {order.category!r}"
            yield _unknown_name(f"standing.{name}.category", message, order.category, config.categories)
        yield from _unknown(f"standing.{name}.segments", order.segments, "segment", config.segments)
        if order.first_day > order.last_day:
            message = f"first_day {order.first_day} is after last_day {order.last_day}"
            yield Problem(path=f"standing.{name}.first_day", message=message, allowed=("at most last_day",))


def _date_problems(config: SpendingConfig, timeline: Timeline) -> Iterator[Problem]:
    months = sorted({day.month for day in days_of(timeline)})
    if not any(config.months):
        yield Problem(path="months", message="no month has any activity", allowed=("a weight above 0",))
    elif not any(config.months[month - 1] for month in months):
        message = f"no month of the window has any activity: {', '.join(month_name[month] for month in months)}"
        yield Problem(path="months", message=message, allowed=("a weight above 0 for one of them",))
    if config.holidays:
        import holidays

        known = holidays.list_supported_countries()
        country = config.holidays.country
        if country not in known:
            yield Problem(
                path="holidays.country",
                message=f"no holidays are known of country {country!r}",
                allowed=("an ISO 3166 code such as US, DE or GB",),
                hint=nearest(country, known),
            )
    if config.drift:
        yield from _drift_problems(config.drift, config.categories, timeline)


def _drift_problems(drift: Drift, categories: Collection[str], timeline: Timeline) -> Iterator[Problem]:
    yield from _unknown("drift.mix", drift.mix, "category", categories)
    first = datetime.fromtimestamp(timeline.start_s, UTC).date()
    last = datetime.fromtimestamp(timeline.end_s - 1, UTC).date()
    allowed = (f"after {first}, at most {last}",)
    try:
        if not first < drift.date <= last:
            yield Problem(
                path="drift.day", message=f"{drift.day} is no day of the window after its first", allowed=allowed
            )
    except ValueError:
        yield Problem(path="drift.day", message=f"{drift.day!r} is no day", allowed=allowed)


def _decline_problems(config: SpendingConfig) -> Iterator[Problem]:
    if config.authorisation:
        for channel in ("chip", "contactless", "online", "recurring"):
            total = math.fsum(getattr(config.authorisation, channel).shares)
            if total > 1:
                message = f"the shares of the reasons sum to {total:.10g}: more is declined than there is"
                yield Problem(
                    path=f"authorisation.{channel}", message=message, allowed=("shares that sum to at most 1",)
                )


def _currency_problems(currency: Currency, countries: Iterable[str]) -> Iterator[Problem]:
    """Yields what is wrong with the currencies in use."""
    codes = {"billing": currency.billing} | {f"countries.{at}": code for at, code in currency.countries.items()}
    for path, code in codes.items():
        if code not in currency_codes():
            yield Problem(
                path=f"currency.{path}",
                message=f"there is no currency {code!r}",
                allowed=("an ISO 4217 code, e.g. EUR, GBP or USD",),
                hint=nearest(code, currency_codes()),
            )
    for country in sorted({*currency.countries} - country_codes()):
        yield Problem(
            path=f"currency.countries.{country}",
            message=f"there is no country {country!r}",
            allowed=("an ISO 3166 code of two letters, e.g. US, DE or GB",),
            hint=nearest(country.upper(), country_codes()),
        )
    for country in sorted({*countries} - {*currency.countries}):
        message = f"the population has cities in {country!r}, whose currency is not named"
        yield Problem(
            path="currency.countries",
            message=message,
            allowed=(f"a currency for {country}, or generator.currency=null",),
        )
