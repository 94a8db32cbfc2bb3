"""``synth preview``."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from synth.cli import output, screen
from synth.cli.plan import first_block
from synth.config.recipe import load_recipe
from synth.contracts.injector import FraudEvents
from synth.engine.prepare import Prepared, prepare
from synth.errors import ConfigError, Problem, counted, nearest
from synth.tables.texts import amount_texts, time_texts
from synth.timeline import US_PER_S


def main(args: argparse.Namespace) -> int:
    """Shows the first rows and the first episode of each scenario."""
    recipe, _, _ = load_recipe(
        args.overrides, plugin_files=args.plugin, plugins_dirs=args.plugins_dir, config_dirs=args.config_dir
    )
    prepared = prepare(recipe)
    rows = first_block(prepared).batches["transactions"].text.slice(0, args.rows).to_pylist()
    episodes = first_episodes(prepared, args.scenario)
    names = [field.name for field in prepared.make_block.events.fields]
    text = screen.table([names, *([_shown(row[name]) for name in names] for row in rows)], head=True)
    text = "\n\n".join([text, *map(draw_episode, episodes)])
    return output.succeed(args, {"rows": rows, "episodes": episodes}, text)


def _shown(cell: str | None) -> str:
    return "-" if cell is None else cell


def first_episodes(prepared: Prepared, scenario: str | None) -> list[dict[str, Any]]:
    """The first episode of each scenario, or of one; of those that claim genuine rows none is known before a run.

    Raises:
        ConfigError: the recipe has no such scenario.
    """
    plan = prepared.plan
    if scenario is not None and scenario not in plan.scenarios:
        message, hint = f"the recipe has no scenario named {scenario!r}", nearest(scenario, plan.scenarios)
        allowed = ", ".join(plan.scenarios) or f"none is chosen: scenario={scenario}"
        raise ConfigError([Problem(path="", message=message, allowed=allowed, hint=hint)])
    chosen = plan.scenarios if scenario is None else [scenario]
    return [_first_episode(prepared, name) for name in chosen if name in plan.fraud and len(plan.fraud[name].episode_f)]


def _first_episode(prepared: Prepared, name: str) -> dict[str, Any]:
    plan = prepared.plan
    events, ids = plan.fraud[name], plan.episode_ids[name]
    mine = events.take(np.flatnonzero(ids[events.episode_f] == ids.min()))
    seconds = mine.time_us_f // US_PER_S
    sets = _own_values(mine, prepared.recipe.generator.make().texts)
    return {
        "scenario": name,
        "card_number": prepared.make_block.cards.take(mine.card_f[:1]).to_arrow()[0].as_py(),
        "events": [
            {"time": time, "after_s": int(after), "role": plan.roles_of[name][role], "amount": amount, "sets": own}
            for time, after, role, amount, own in zip(
                time_texts(seconds).to_arrow().to_pylist(),
                seconds - seconds[0],
                mine.role_f,
                amount_texts(mine.amount_minor_f, fixed=True).to_arrow().to_pylist(),
                sets,
                strict=True,
            )
        ],
    }


def _own_values(events: FraudEvents, texts: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Of each event, the columns that its pattern sets; a text that is left to the generator is none of them.

    Args:
        texts: what the generator's text columns can say; the events hold indices of it.
    """
    sets: list[dict[str, Any]] = [{} for _ in events.card_f]
    for name, values in events.own.items():
        for event, value in zip(sets, values.tolist(), strict=True):
            if name not in texts:
                event[name] = value
            elif value >= 0:
                event[name] = texts[name][value]
    return sets


#: Characters of the drawn timeline: not more, and with less room it is not drawn.
_MOST, _LEAST = 40, 8


def draw_episode(episode: dict[str, Any]) -> str:
    """An episode as a timeline, a line an event."""
    events = episode["events"]
    length = max(1, events[-1]["after_s"])
    total = sum(float(event["amount"]) for event in events)
    head = (
        f"{episode['scenario']}: {counted(len(events), 'event')} in {length:,} s on card "
        f"{episode['card_number']}, {total:,.2f} in all"
    )
    rows = [
        [f"  {each['time']}", f"+{each['after_s']} s", "", each["role"], each["amount"], _sets(each)] for each in events
    ]
    width = screen.room_beside(rows, most=_MOST)
    for row, event in zip(rows, events, strict=True):
        place = event["after_s"] * (width - 1) // length
        row[2] = "·" * place + "●" + "·" * (width - 1 - place) if width >= _LEAST else ""
    return screen.fill(head) + "\n" + screen.table(rows, right=(0, 1, 4))


def _sets(event: dict[str, Any]) -> str:
    """The columns that the pattern sets, in one cell."""
    return " ".join(f"{name}={value}" for name, value in event["sets"].items())
