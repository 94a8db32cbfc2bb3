"""Draws docs/gallery from runs, and writes the page that shows it: python docs/write_gallery.py [--check]

A picture for each world: when its rows happen and what they cost. One for each scenario: an episode among the other
rows of its card. Both come from what synth can choose, so that a new one is drawn without being named here.
"""

import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd
from page import publish
from picture import FAINT, FRAUD, GENUINE, INK, WIDTH, label, legend, panel, title

import synth
from synth.config.catalog import load_catalog
from synth.config.compose import list_options
from synth.config.recipe import RunConfig, load_recipe

PEOPLE, ROWS = 600, 100_000
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
#: Upper edges of the bars of amounts, in major units.
EDGES = np.array([1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, np.inf])

HEAD = f"""\
# Gallery

Written by `docs/write_gallery.py` from runs with at most {PEOPLE:,} customers and {ROWS:,} rows; do not edit.
"""


def main() -> int:
    """Draws and writes, or says what is out of date."""
    options = list_options(plugin_roots=load_catalog().config_roots)
    worlds, scenarios = options["experiment"], options["scenario"]
    lines, wrong, made = [HEAD, "## Worlds\n"], 0, {}
    lines.append("Bars: genuine rows. Red: fraud rows, where there are 500 or more.\n")
    for world in worlds:
        recipe = load_recipe([f"experiment={world.name}"])[0]
        made[world.name] = recipe
        frame = rows_of(world.name, recipe)
        wrong |= publish(f"gallery/world_{world.name}.svg", picture(world_parts(frame), 190))
        lines.append(entry(world.name, f"experiment={world.name}", world.summary, f"world_{world.name}"))
    lines.append("## Scenarios\n")
    lines.append("Above, the rows of an episode's cards from ten days before to ten days after; below, the episode.\n")
    for scenario in scenarios:
        home = home_of(scenario.name, made)
        frame = rows_of(home, made[home], f"scenario=[{scenario.name}]")
        wrong |= publish(f"gallery/scenario_{scenario.name}.svg", picture(list(episode_parts(frame)), 420))
        words = f"experiment={home} scenario=[{scenario.name}]"
        lines.append(entry(scenario.name, words, scenario.summary, f"scenario_{scenario.name}"))
    return wrong | publish("gallery.md", "\n".join(lines))


def entry(name: str, words: str, summary: str, file: str) -> str:
    """A picture with what it is of."""
    return f"### {name}\n\n{summary}: `{words}`\n\n![{name}](gallery/{file}.svg)\n"


def home_of(scenario: str, worlds: dict[str, RunConfig]) -> str:
    """The world that a scenario is shown in: the first one that has it, or else the first that can have it."""
    for name, recipe in worlds.items():
        if scenario in recipe.scenarios and name != "handbook":  # whose faults handbook_fixed does not have
            return name
    for name in worlds:
        try:
            synth.plan(f"experiment={name}", f"scenario=[{scenario}]", "columns=full")
        except (synth.ConfigError, synth.RefusedError):
            continue
        return name
    message = f"no world takes scenario={scenario}"
    raise ValueError(message)


def rows_of(world: str, recipe: RunConfig, *words: str) -> pd.DataFrame:
    """A world with fewer people and rows, every column shown."""
    less = ["columns=full"]
    if recipe.generator.config.transactions:
        less.append(f"generator.transactions={min(recipe.generator.config.transactions, ROWS)}")
    if (customers := recipe.population.customers) and customers.number > PEOPLE:
        less += [f"population.customers.number={PEOPLE}", f"population.cards={PEOPLE}"]
    return synth.generate(f"experiment={world}", *words, *less)


def picture(parts: list[str], height: int) -> str:
    """The file."""
    box = f'viewBox="0 0 {WIDTH} {height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box} font-family="sans-serif" fill="{INK}">'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>', *parts, "</svg>"]) + "\n"


def world_parts(frame: pd.DataFrame) -> list[str]:
    """Three small charts side by side."""
    fraud = frame.fraud_label.to_numpy() == 1
    of_amount = np.searchsorted(EDGES, frame.amount, side="right")
    names = [*(f"{edge:,.0f}" for edge in EDGES[:-1]), ""]
    charts = (
        (
            "hour, UTC",
            frame.time.dt.hour.to_numpy(),
            [str(hour) if hour % 6 == 0 else "" for hour in range(24)],
            60,
            260,
        ),
        ("weekday", frame.time.dt.day_of_week.to_numpy(), WEEKDAYS, 360, 190),
        ("amount, less than", of_amount, [name if at % 3 == 0 else "" for at, name in enumerate(names)], 590, 260),
    )
    return [part for told, values, names, x, wide in charts for part in bars(told, values, fraud, names, x, wide)]


def bars(told: str, values: np.ndarray, fraud: np.ndarray, names: list[str], left: int, wide: int) -> Iterator[str]:
    """Shares of the genuine rows as bars, and of the fraud rows as red lines across them."""
    top, bottom = 36, 156
    genuine = np.bincount(values[~fraud], minlength=len(names)) / max((~fraud).sum(), 1)
    guilty = np.bincount(values[fraud], minlength=len(names)) / max(fraud.sum(), 1)
    shown = fraud.sum() >= 500
    most = max(genuine.max(), guilty.max() if shown else 0)
    step = wide / len(names)
    yield f'<text x="{left}" y="22" font-size="13">{told}</text>'
    yield f'<path d="M{left} {bottom}H{left + wide}" stroke="{FAINT}"/>'
    for at, name in enumerate(names):
        x, high = left + at * step, (bottom - top) * genuine[at] / most
        box = f'x="{x + 1:.1f}" y="{bottom - high:.1f}" width="{step - 2:.1f}" height="{high:.1f}"'
        yield f'<rect {box} fill="{GENUINE}"/>'
        if shown:
            y = bottom - (bottom - top) * guilty[at] / most
            yield f'<path d="M{x:.1f} {y:.1f}h{step:.1f}" stroke="{FRAUD}" stroke-width="3"/>'
        if name:
            yield label(x + step / 2, bottom + 16, "middle", name)


def episode_parts(frame: pd.DataFrame) -> Iterator[str]:
    """An episode of middling length, among the other rows of its cards."""
    sizes = frame.groupby("episode_id").size().sort_values(kind="stable")
    episode = frame[frame.episode_id == sizes.index[len(sizes) * 3 // 4]]
    first, last = episode.time.iloc[0], episode.time.iloc[-1]
    margin, lasted = pd.Timedelta(days=10), last - first
    cards = episode.card_id.nunique()
    around = frame[frame.card_id.isin(episode.card_id.unique()) & frame.time.between(first - margin, last + margin)]
    days = (around.time.iloc[-1] - around.time.iloc[0]).days + 1
    yield title(24, f"{'A card' if cards == 1 else f'{cards} cards'}: amounts over {days} days")
    yield from legend(24)
    yield from panel(around, 40, 150, "%d %b", pd.Timedelta(days=4))
    story = f"{len(episode)} rows in {spell(lasted)}" if len(episode) > 1 else "one row"
    yield title(244, f"The episode: {story}")
    step, tick = scale(lasted)
    yield from panel(episode, 260, 130, tick, step)


def spell(lasted: pd.Timedelta) -> str:
    """A duration in words."""
    days, rest = divmod(int(lasted.total_seconds()), 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    words = [
        f"{count} {unit}" for count, unit in ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")) if count
    ]
    return " ".join(words[:2])


def scale(lasted: pd.Timedelta) -> tuple[pd.Timedelta, str]:
    """How far apart ticks are, and how they print: some six of them."""
    for words, tick in (
        ("20s", "%H:%M:%S"),
        ("1min", "%H:%M"),
        ("2min", "%H:%M"),
        ("10min", "%H:%M"),
        ("1h", "%H:%M"),
        ("4h", "%H:%M"),
    ):
        if lasted <= 8 * pd.Timedelta(words):
            return pd.Timedelta(words), tick
    return pd.Timedelta(days=2), "%d %b"


if __name__ == "__main__":
    sys.exit(main())
