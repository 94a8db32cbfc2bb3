"""``synth preview``."""

import argparse
from typing import Any

import numpy as np

from synth.cli import output, screen
from synth.cli.plan import first_block
from synth.config.recipe import load_recipe
from synth.engine.prepare import Prepared, prepare
from synth.errors import counted
from synth.tables.texts import amount_texts, time_texts
from synth.timeline import US_PER_S


def main(args: argparse.Namespace) -> int:
    """Shows the first rows and the first episode."""
    recipe, _, _ = load_recipe(
        args.overrides, plugin_files=args.plugin, plugins_dirs=args.plugins_dir, config_dirs=args.config_dir
    )
    prepared = prepare(recipe)
    rows = first_block(prepared).batches["transactions"].text.slice(0, args.rows).to_pylist()
    episode = first_episode(prepared)
    names = [field.name for field in prepared.make_block.events.fields]
    text = screen.table([names, *([_shown(row[name]) for name in names] for row in rows)], head=True)
    if episode:
        text += "\n\n" + draw_episode(episode)
    return output.succeed(args, {"rows": rows, "episode": episode}, text)


def _shown(cell: str | None) -> str:
    return "-" if cell is None else cell


def first_episode(prepared: Prepared) -> dict[str, Any] | None:
    """The run's first episode with all its events; None in a control world."""
    plan = prepared.plan
    if not len(plan.episodes.episode_id_e):
        return None
    name = plan.scenarios[int(plan.episodes.scenario_e[0])]
    events = plan.fraud[name]
    mine = events.take(np.flatnonzero(plan.episode_ids[name][events.episode_f] == 0))
    seconds = mine.time_us_f // US_PER_S
    return {
        "scenario": name,
        "card_number": prepared.make_block.cards.take(mine.card_f[:1]).to_arrow()[0].as_py(),
        "events": [
            {"time": time, "after_s": int(after), "role": plan.roles_of[name][role], "amount": amount}
            for time, after, role, amount in zip(
                time_texts(seconds).to_arrow().to_pylist(),
                seconds - seconds[0],
                mine.role_f,
                amount_texts(mine.amount_minor_f, fixed=True).to_arrow().to_pylist(),
                strict=True,
            )
        ],
    }


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
    rows = [[f"  {each['time']}", f"+{each['after_s']} s", "", each["role"], each["amount"]] for each in events]
    width = screen.room_beside(rows, most=_MOST)
    for row, event in zip(rows, events, strict=True):
        place = event["after_s"] * (width - 1) // length
        row[2] = "·" * place + "●" + "·" * (width - 1 - place) if width >= _LEAST else ""
    return screen.fill(head) + "\n" + screen.table(rows, right=(0, 1, 4))
