"""``synth stats``."""

import argparse
from collections.abc import Iterable, Mapping
from typing import Any

from synth.check.stats import measure
from synth.cli import output, screen
from synth.cli.bars import bars
from synth.cli.parser import UsageError
from synth.config.catalog import load_catalog

Data = Mapping[str, Any]
Cells = list[str]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_NOTES = {"left_out": "left out", "untold": "without the recipe"}
_USES = {
    "online": "online",
    "card_present": "card present",
    "contactless_of_card_present": "contactless, of these",
    "recurring": "standing orders",
}
_QUANTILES = ("mean", "sd", "p1", "p5", "p25", "p50", "p75", "p95", "p99", "max")


def main(args: argparse.Namespace) -> int:
    """Reads an output back and shows its figures."""
    if args.plot and args.json:
        raise UsageError("stats", "--plot draws on a screen, and --json answers a program: leave one of them out")
    data = measure(args.uri, catalog=load_catalog(args.plugin, args.plugins_dir))
    texts = [] if args.json else [show(data), *([draw(data)] if args.plot else [])]
    return output.succeed(args, data, "\n\n".join(texts))


def draw(data: Data) -> str:
    """The figures that are seen rather than read, as bars; one line where they do not fit."""
    rows: dict[str, list[tuple[str, float | None, str]]] = {}
    if "time" in data:
        time = data["time"]
        rows["payments by hour"] = [_bar(f"{hour:02d}", each["found"]) for hour, each in enumerate(time["hours"])]
        rows["payments by weekday"] = [
            _bar(name, each["found"]) for name, each in zip(_DAYS, time["weekdays"], strict=True)
        ]
        weeks = [week for week in time["weeks"] if week["rows"]]
        rows["fraud, of a week's payments, and how many"] = [
            (week["from"], week["fraud_share"], f"{percent(week['fraud_share'])}, {week['fraud_rows']:,}")
            for week in weeks
        ]
    for column, values in data["shares"].items():
        title, shown = _values(column, values)
        if len(shown) > 1:
            rows[title] = [_bar(name, each["genuine"]["found"]) for name, each in shown.items()]
    drawn = [text for title, each in rows.items() if (text := bars(title, each))]
    return "\n\n".join(drawn) or "no charts: there is nothing to draw, or the screen is too narrow for it"


def _values(column: str, values: Data) -> tuple[str, Data]:
    """A title, and a column's values; the bar of those that are missing would hide the others: the title tells it."""
    named = {name: each for name, each in values.items() if name != "null"}
    if len(named) == len(values) or len(named) < 2:
        return f"payments by {column}", values
    return f"payments by {column}; {percent(values['null']['genuine']['found'])} have none", named


def _bar(name: str, share: float | None) -> tuple[str, float | None, str]:
    return name, share, percent(share)


def show(data: Data) -> str:
    """The report as tables, with an empty line between them."""
    tables = [_overview(data), _quantiles(data), _buckets(data), _categories(data)]
    tables += [_shares(name, values) for name, values in data["shares"].items() if name != "category"]
    if "time" in data:
        tables += [_hours(data["time"]), _months(data["time"])]
    tables += [_scenarios(data["fraud"])]
    notes = [f"{what}: {'; '.join(data[name])}" for name, what in _NOTES.items() if data[name]]
    texts = [screen.table(rows, right=range(1, len(rows[0])), head=True) for rows in tables if len(rows) > 1]
    return "\n\n".join([*texts, *(["\n".join(map(screen.fill, notes))] if notes else [])])


def number(value: float | None) -> str:
    """Whole from a thousand on, else four digits; nothing for None."""
    if value is None:
        return ""
    return f"{value:,.0f}" if isinstance(value, int) or abs(value) >= 1000 else f"{value:.4g}"


def percent(value: float | None) -> str:
    """A share with as many digits as a small one needs."""
    if value is None:
        return ""
    return f"{100 * value:.3g} %" if abs(value) < 0.0995 else f"{100 * value:.1f} %"


def _beside(name: str, figure: Data, form: Any = number) -> Cells:
    return [name, form(figure["found"]), form(figure["recipe"])]


def _noun(section: Data) -> str:
    """What the column is about by which a section tells its rows apart: card, customer, merchant or terminal."""
    return str(section["by"]).partition("_")[0]


def _overview(data: Data) -> list[Cells]:
    """Single figures."""
    rows = [["", "found", "recipe"], _beside("rows", data["rows"])]
    if "time" in data:
        rates = data["time"]["rows_per_day"]
        names = {"mean": "rows a day", "min": "least of a whole day", "max": "most of a whole day"}
        rows += [_beside(message, rates[name]) for name, message in names.items()]
    if "cards" in data:
        cards, whose = data["cards"], _noun(data["cards"])
        rows.append(_beside(f"{whose}s in use", cards["active"]))
        rows.append(_beside(f"rows a {whose} a day", cards["rows_per_day"]["mean"]))
        rows += [
            [f"rows of the busiest {part.replace('%', ' %')} of the {whose}s", percent(v), ""]
            for part, v in cards["busiest"].items()
        ]
    if "merchants" in data:
        merchants, where = data["merchants"], _noun(data["merchants"])
        rows.append(_beside(f"{where}s in use", merchants["active"]))
        rows += [
            [f"rows at the largest {part.replace('%', ' % of the')} {where}s", percent(v), ""]
            for part, v in merchants["largest"].items()
        ]
    if "loyalty" in data:
        rows.append(_beside("bought where bought before (recipe: at least)", data["loyalty"]["repeat_share"], percent))
    rows += [_beside(_USES[name], figure, percent) for name, figure in data["use_of_cards"].items()]
    fraud = data["fraud"]
    rows += [["fraud, of the rows", percent(fraud["share_of_rows"]), ""]]
    rows += [["fraud, of the value", percent(fraud["share_of_value"]), ""]]
    if "time" in data and (weeks := [w["fraud_share"] for w in data["time"]["weeks"] if w["rows"]]):
        rows += [["fraud, of a week's rows", f"{percent(min(weeks))} to {percent(max(weeks))}", ""]]
    return rows


def _quantiles(data: Data) -> list[Cells]:
    """Distributions, a line each."""
    lines: dict[str, Data | None] = {}
    if "amounts" in data:
        lines |= {f"amount, {name}": data["amounts"][name] for name in ("genuine", "fraud", "recipe")}
    if "cards" in data:
        cards, whose = data["cards"], _noun(data["cards"])
        lines[f"rows a {whose} a day"] = cards["rows_per_day"] | {"mean": cards["rows_per_day"]["mean"]["found"]}
        lines |= {f"seconds between rows of a {whose}, {name}": cards["gap_s"][name] for name in ("genuine", "fraud")}
    return [["", *_QUANTILES]] + [
        [name, *(number(values.get(q)) for q in _QUANTILES)] for name, values in lines.items() if values
    ]


def _buckets(data: Data) -> list[Cells]:
    """Shares of amount ranges."""
    buckets = data.get("amounts", {}).get("buckets") or []
    rows = [_beside(f"{b['low']:,g} to {b['high']:,g}", b["share"], percent) for b in buckets]
    return [["genuine amounts", "found", "recipe"], *rows]


def _categories(data: Data) -> list[Cells]:
    """What is known of each category."""
    shares, web = data["shares"].get("category", {}), data.get("web", {})
    amounts = data.get("amounts_by_category", {})
    rows = [["category", "rows", "recipe", "of fraud", "online", "recipe", "median", "recipe", "mean", "p95", "p99"]]
    for name in shares:
        share, online = shares[name], web.get(name, {"found": None, "recipe": None})
        law = amounts.get(name, {})
        genuine, recipe = law.get("genuine") or {}, law.get("recipe") or {}
        rows.append(
            [
                *_beside(name, share["genuine"], percent),
                percent(share["fraud"]["found"]),
                *_beside("", online, percent)[1:],
                number(genuine.get("p50")),
                number(recipe.get("p50")),
                *(number(genuine.get(q)) for q in ("mean", "p95", "p99")),
            ]
        )
    return rows


def _shares(column: str, values: Data) -> list[Cells]:
    """The values of any column."""
    rows = [
        [*_beside(name, value["genuine"], percent), percent(value["fraud"]["found"])] for name, value in values.items()
    ]
    return [[column, "rows", "recipe", "of fraud"], *rows]


def _hours(time: Data) -> list[Cells]:
    """Weekdays and hours, in tenths of a percent of the genuine rows; beside them what the recipe asks for."""

    def cells(shares: Iterable[float | None]) -> Cells:
        return ["" if share is None else f"{1000 * share:.1f}" for share in shares]

    rows = [["‰ at hour", *(str(hour) for hour in range(24)), "day", "recipe"]]
    for name, shares, day in zip(_DAYS, time["hours_by_weekday"]["found"], time["weekdays"], strict=True):
        rows.append([name, *cells(shares), *cells(day.values())])
    sides = ([side, *cells(hour[side] for hour in time["hours"]), "", ""] for side in ("found", "recipe"))
    return [*rows, *sides]


def _months(time: Data) -> list[Cells]:
    """Months, with their fraud."""
    rows = [
        [
            month["month"],
            number(month["rows"]),
            *_beside("", month["share"], percent)[1:],
            number(month["fraud_rows"]),
            percent(month["fraud_rows"] / month["rows"] if month["rows"] else None),
        ]
        for month in time["months"]
    ]
    return [["month", "rows", "share", "recipe", "fraud rows", "of the rows"], *rows]


def _scenarios(fraud: Data) -> list[Cells]:
    """Scenarios, and the roles in them."""
    rows = [["scenario", "rows", "recipe", "episodes", "recipe", "rows each", "of the rows", "of the value"]]
    for name, found in fraud["scenarios"].items():
        figures = [*_beside("", found["rows"])[1:], *_beside("", found["episodes"])[1:]]
        shares = [percent(found["share_of_rows"]), percent(found["share_of_value"])]
        rows.append([name, *figures, number(found["rows_per_episode"]), *shares])
        rows += [[f"  {role}", number(count), *[""] * 6] for role, count in found["roles"].items()]
    return rows
