"""Refuses what the world that was drawn cannot hold; the recipe alone does not show it.

Legend: ``_s`` a segment, ``_k`` a category, ``_n`` a step of the window.
"""

from collections.abc import Sequence

from synth.arrays import Float, Mask
from synth.contracts.rhythms import Rhythm
from synth.errors import RefusedError
from synth.generators.spending.config import SpendingConfig
from synth.wording import counted


def refuse_empty_mixes(config: SpendingConfig, segments: Sequence[str], sold_k: Mask) -> None:
    """Every segment wants something that a merchant of this world sells, before a drift and after it.

    Args:
        segments: their names.

    Raises:
        RefusedError: names a segment that does not.
    """
    sold = [name for name, there in zip(sorted(config.categories), sold_k, strict=True) if there]
    allowed = (f"a weight above 0 for one of {', '.join(sold)}",)
    for name in segments:
        weight = {category: config.segments[name].mix.get(category, 0.0) for category in sold}
        if not any(weight.values()):
            wanted = ", ".join(sorted(category for category, w in config.segments[name].mix.items() if w))
            message = f"segment {name!r} buys only {wanted}, and no merchant that was drawn sells that"
            hint = "or more merchants: population.merchants.number"
            raise RefusedError(message, path=f"segments.{name}.mix", allowed=allowed, hint=hint)
        factors = config.drift.mix if config.drift else {}
        if not any(w * factors.get(category, 1.0) for category, w in weight.items()):
            message = f"segment {name!r} buys nothing any more that a merchant of this world sells"
            raise RefusedError(message, path="drift.mix", allowed=("a factor above 0 for something that it buys",))


def refuse_silence(config: SpendingConfig, rate_s: Float, rhythm: Rhythm) -> None:
    """Somebody can buy something, and some time.

    Args:
        rate_s: (s,) purchases of all customers of a segment on an average day.

    Raises:
        RefusedError: nobody can, or never.
    """
    if not rate_s.any():
        message = f"nobody has a shop within {config.reach.km:g} km, and no merchant sells on the web: nobody can buy"
        hint = "reach.nearest=true sends people to the nearest shop"
        raise RefusedError(message, path="reach.km", allowed=("a wider reach",), hint=hint)
    if not (rate_s @ rhythm.mass_sn).any():
        message = "nobody is ever active: months, weekdays, hours, holidays and drift leave nothing of the window"
        raise RefusedError(message, path="segments", allowed=("weights above 0 for some of the window's hours",))


def refuse_crowded_total(config: SpendingConfig, due: int) -> None:
    """A total leaves room for a purchase beside the standing orders.

    Raises:
        RefusedError: it does not.
    """
    if config.transactions is not None and due >= config.transactions:
        message = f"{counted(config.transactions, 'transaction')}, but {counted(due, 'standing order')} would be due"
        allowed = (f"more than {due:,}, or null: as many as people's rates make",)
        raise RefusedError(
            message, path="transactions", allowed=allowed, hint="or smaller shares in generator.standing"
        )
