"""``synth preview``."""

import argparse
from typing import Any

from synth.cli import output, recipes, screen
from synth.engine.prepare import prepare
from synth.engine.preview import first_block, first_episodes
from synth.wording import counted


def main(args: argparse.Namespace) -> int:
    """Shows the first rows and the first episode of each scenario."""
    recipe, _, _ = recipes.load(args)
    prepared = prepare(recipe)
    rows = first_block(prepared).batches["transactions"].text.slice(0, args.rows).to_pylist()
    episodes = first_episodes(prepared, args.scenario)
    names = [field.name for field in prepared.make_block.events.fields]
    text = screen.table([names, *([_shown(row[name]) for name in names] for row in rows)], head=True)
    text = "\n\n".join([text, *map(draw_episode, episodes)])
    return output.succeed(args, {"rows": rows, "episodes": episodes}, text)


def _shown(cell: str | None) -> str:
    return "-" if cell is None else cell


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
