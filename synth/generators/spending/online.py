"""Purchases that are on the web for certain: those whose channel a fraud pattern has set."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from synth.arrays import Int64
from synth.contracts.generator import Events
from synth.generators.spending.choices import Choice
from synth.generators.spending.standing_orders import Due

#: Draws after which an event stays where it is, e.g. where nobody sells on the web; of who buys there one time in a
#: hundred, one event in four hundred.
_DRAWS = 600


def put_online(choice: Choice, fraud: Events, wanted: Int64, draw: Callable[[Events], Choice]) -> Choice:
    """The same choice, drawn again for some events until they are on the web: as honest purchases there are.

    Args:
        wanted: (w,) the events that have to be on the web.
        draw: the choice for some events.
    """
    fields = {name: getattr(choice, name).copy() for name in ("category_t", "online_t", "terminal_t", "merchant_t")}
    kept = ~np.isin(choice.due.row, wanted)
    lacking = wanted[~choice.online_t[wanted] | np.isin(wanted, choice.due.row)]
    for _ in range(_DRAWS):
        if not lacking.size:
            break
        drawn = draw(fraud.take(lacking))
        found = np.flatnonzero(drawn.online_t)
        for name, values in fields.items():
            values[lacking[found]] = getattr(drawn, name)[found]
        lacking = np.delete(lacking, found)
    return replace(choice, due=Due(choice.due.row[kept], choice.due.order[kept]), **fields)
