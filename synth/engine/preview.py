"""The first rows and episodes of a plan."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from synth.contracts.injector import FraudEvents
from synth.engine.block import Block
from synth.engine.prepare import Prepared
from synth.errors import ConfigError, Problem
from synth.tables.texts import amount_texts, time_texts
from synth.timeline import US_PER_S
from synth.wording import nearest


def first_block(prepared: Prepared) -> Block:
    """The first block that has rows; a block may have none."""
    return prepared.make_block(int((prepared.plan.rows_b > 0).argmax()))


def first_episodes(prepared: Prepared, scenario: str | None) -> list[dict[str, Any]]:
    """The first episode of each scenario, or of one; of those that claim genuine rows none is known before a run.

    Raises:
        ConfigError: the recipe has no such scenario.
    """
    plan = prepared.plan
    if scenario is not None and scenario not in plan.scenarios:
        message, hint = f"the recipe has no scenario named {scenario!r}", nearest(scenario, plan.scenarios)
        allowed = tuple(plan.scenarios) or (f"none is chosen: scenario={scenario}",)
        raise ConfigError([Problem(path="", message=message, allowed=allowed, hint=hint)])
    chosen = plan.scenarios if scenario is None else [scenario]
    return [_first_episode(prepared, name) for name in chosen if name in plan.fraud and len(plan.fraud[name].episode_f)]


def _first_episode(prepared: Prepared, name: str) -> dict[str, Any]:
    plan = prepared.plan
    events, ids = plan.fraud[name], plan.episode_ids[name]
    mine = events.take(np.flatnonzero(ids[events.episode_f] == ids.min()))
    seconds = mine.time_us_f // US_PER_S
    sets = _own_values(mine, plan.sets[name], prepared.recipe.generator.make().texts)
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


def _own_values(events: FraudEvents, names: Sequence[str], texts: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Of each event, the columns that its pattern sets; what is empty is none of them.

    Args:
        names: of these columns.
        texts: what the generator's text columns can say; the events hold indices of it.
    """
    sets: list[dict[str, Any]] = [{} for _ in events.card_f]
    for name in names:
        for event, value in zip(sets, events.own[name].tolist(), strict=True):
            if name not in texts:
                event[name] = value
            elif value >= 0:
                event[name] = texts[name][value]
    return sets
