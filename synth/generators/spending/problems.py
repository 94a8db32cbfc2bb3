"""What of a recipe's behaviour does not fit together, or not the population."""

import math
from calendar import month_name
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime

from synth.contracts.generator import World
from synth.errors import nearest
from synth.generators.rhythm import days_of
from synth.generators.spending.circumstances import Currency, Drift
from synth.generators.spending.config import Segment, SpendingConfig, UniformRate
from synth.timeline import Timeline

Problem = tuple[str, str, str]
"""Path below ``generator``, message, what is allowed."""


def problems(config: SpendingConfig, world: World) -> Iterator[Problem]:
    """Yields what ranges alone cannot say."""
    census = world.census
    if not census.customers or not census.merchants:
        told = "spending needs customers and merchants, and the population has only cards"
        yield "", told, "a population with people, e.g. population=retail_us"
        return
    for group, wanted, named in (
        ("segments", census.segments, config.segments),
        ("categories", census.categories, config.categories),
    ):
        for name in sorted({*wanted} - {*named}):
            yield group, f"the population has {group} named {name!r}, which have no behaviour here", ", ".join(wanted)
    for name, segment in config.segments.items():
        yield from _segment_problems(name, segment, config, census.categories)
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
        near = nearest(name, known)
        yield (
            f"{path}.{name}",
            f"there is no {what} {name!r}" + (f" ({near})" if near else ""),
            ", ".join(sorted(known)),
        )


def _segment_problems(name: str, segment: Segment, config: SpendingConfig, sold: Collection[str]) -> Iterator[Problem]:
    for category in sorted({*segment.mix} - {*config.categories}):
        near = nearest(category, config.categories)
        told = f"segment {name!r} buys {category!r}, which is no category" + (f" ({near})" if near else "")
        yield f"segments.{name}.mix.{category}", told, ", ".join(sorted(config.categories))
    if not any(segment.mix.get(category) for category in sold):
        told = f"segment {name!r} buys nothing that the population's merchants sell"
        yield f"segments.{name}.mix", told, f"a weight above 0 for one of {', '.join(sold)}"
    if not any(segment.weekday) or not any(getattr(segment.day, "weights", [1])):
        yield f"segments.{name}", f"segment {name!r} is never active", "a weight above 0"
    rate = segment.rate
    if isinstance(rate, UniformRate) and rate.low > rate.high:
        yield f"segments.{name}.rate.low", f"low {rate.low:g} is above high {rate.high:g}", "at most high"


def _order_problems(config: SpendingConfig) -> Iterator[Problem]:
    for name, order in (config.standing or {}).items():
        if order.category not in config.categories:
            near = nearest(order.category, config.categories)
            told = f"there is no category {order.category!r}" + (f" ({near})" if near else "")
            yield f"standing.{name}.category", told, ", ".join(sorted(config.categories))
        yield from _unknown(f"standing.{name}.segments", order.segments, "segment", config.segments)
        if order.first_day > order.last_day:
            told = f"first_day {order.first_day} is after last_day {order.last_day}"
            yield f"standing.{name}.first_day", told, "at most last_day"


def _date_problems(config: SpendingConfig, timeline: Timeline) -> Iterator[Problem]:
    months = sorted({day.month for day in days_of(timeline)})
    if not any(config.months):
        yield "months", "no month has any activity", "a weight above 0"
    elif not any(config.months[month - 1] for month in months):
        told = f"no month of the window has any activity: {', '.join(month_name[month] for month in months)}"
        yield "months", told, "a weight above 0 for one of them"
    if config.holidays:
        import holidays

        known = holidays.list_supported_countries()
        country = config.holidays.country
        if country not in known:
            near = nearest(country, known)
            told = f"no holidays are known of country {country!r}" + (f" ({near})" if near else "")
            yield "holidays.country", told, "an ISO 3166 code such as US, DE or GB"
    if config.drift:
        yield from _drift_problems(config.drift, config.categories, timeline)


def _drift_problems(drift: Drift, categories: Collection[str], timeline: Timeline) -> Iterator[Problem]:
    yield from _unknown("drift.mix", drift.mix, "category", categories)
    first = datetime.fromtimestamp(timeline.start_s, UTC).date()
    last = datetime.fromtimestamp(timeline.end_s - 1, UTC).date()
    allowed = f"after {first}, at most {last}"
    try:
        if not first < drift.date <= last:
            yield "drift.day", f"{drift.day} is no day of the window after its first", allowed
    except ValueError:
        yield "drift.day", f"{drift.day!r} is no day", allowed


def _decline_problems(config: SpendingConfig) -> Iterator[Problem]:
    if config.authorisation:
        for channel in ("chip", "contactless", "online", "recurring"):
            total = math.fsum(getattr(config.authorisation, channel).shares)
            if total > 1:
                told = f"the shares of the reasons sum to {total:.10g}: more is declined than there is"
                yield f"authorisation.{channel}", told, "shares that sum to at most 1"


def _currency_problems(currency: Currency, countries: Iterable[str]) -> Iterator[Problem]:
    """Yields what is wrong with the currencies in use."""
    from faker.providers.currency import Provider

    known = [code for code, _ in Provider.currencies]
    used = sorted({*countries} & {*currency.countries})
    codes = {"billing": currency.billing} | {f"countries.{at}": currency.countries[at] for at in used}
    for path, code in codes.items():
        if code not in known:
            near = nearest(code, known)
            told = f"there is no currency {code!r}" + (f" ({near})" if near else "")
            yield f"currency.{path}", told, "an ISO 4217 code, e.g. EUR, GBP or USD"
    for country in sorted({*countries} - {*currency.countries}):
        told = f"the population has cities in {country!r}, whose currency is not named"
        yield "currency.countries", told, f"a currency for {country}, or generator.currency=null"
