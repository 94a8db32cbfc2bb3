"""Draws the issuer's answer to each payment.

Legend: ``_t`` a payment, ``_h`` a channel, ``_r`` a reason that is a matter of chance.
"""

import numpy as np

from synth.arrays import Float, Int64, Mask
from synth.contracts.events import Events
from synth.contracts.population import Cards
from synth.generators.spending.circumstances import REASONS, Authorisation

RESULTS = ("approved", "declined")
DECLINED = RESULTS.index("declined")
BEYOND_LIMIT = REASONS.index("limit_exceeded")


def authorise(
    config: Authorisation,
    channel_t: Int64,
    events: Events,
    cards: Cards,
    refused_t: Float | None,
    *,
    rng: "np.random.Generator",
) -> dict[str, Int64]:
    """Columns ``auth_result`` and ``decline_reason``: by chance, in shares of the channel; beyond the limit always.

    Args:
        refused_t: (t,) chance that a payment is refused that would not be, for a reason by the shares of its channel;
            where a channel refuses nothing for these, its payments pass. None: of none.
    """
    channels = (config.chip, config.contactless, config.online, config.recurring)
    before_hr = np.cumsum([declines.shares for declines in channels], axis=1)
    at_t = rng.random(len(channel_t))
    if refused_t is not None:
        refused = np.flatnonzero(rng.random(len(channel_t)) < refused_t)
        at_t[refused] = rng.random(len(refused)) * before_hr[channel_t[refused], -1]
    reason_t = np.full(len(channel_t), -1)
    doubtful = np.flatnonzero(at_t < before_hr[:, -1].max())
    passed = (at_t[doubtful, None] >= before_hr[channel_t[doubtful]]).sum(axis=1)
    declined = passed < before_hr.shape[1]
    reason_t[doubtful[declined]] = passed[declined]
    reason_t[_beyond_limit(config, events, cards)] = BEYOND_LIMIT
    return _columns(reason_t)


def authorise_again(config: Authorisation, claimed: Events, cards: Cards) -> dict[str, Int64]:
    """The same columns for payments whose amount has changed: only the limit looks at that.

    Args:
        claimed: at the amounts that they have now, with the answer that they got before.
    """
    reason_t = claimed.own["decline_reason"].copy()
    reason_t[reason_t == BEYOND_LIMIT] = -1
    reason_t[_beyond_limit(config, claimed, cards)] = BEYOND_LIMIT
    return _columns(reason_t)


def _beyond_limit(config: Authorisation, events: Events, cards: Cards) -> Mask:
    """(t,) bool: payments that cost more than the card may."""
    if config.beyond_limit is None:
        return np.zeros(len(events.card_t), dtype=bool)
    beyond_t: Mask = events.amount_minor_t > config.beyond_limit * cards.limit_minor_c[events.card_t]
    return beyond_t


def _columns(reason_t: Int64) -> dict[str, Int64]:
    return {"auth_result": np.where(reason_t < 0, 0, DECLINED), "decline_reason": reason_t}
