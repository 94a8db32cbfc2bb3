"""Draws the issuer's answer to each payment.

Legend: ``_t`` a payment, ``_h`` a channel, ``_r`` a reason that is a matter of chance.
"""

import numpy as np

from synth.arrays import Int64
from synth.contracts.generator import Events
from synth.contracts.population import Cards
from synth.generators.spending.circumstances import REASONS, Authorisation

RESULTS = ("approved", "declined")
DECLINED = RESULTS.index("declined")


def authorise(
    config: Authorisation, channel_t: Int64, events: Events, cards: Cards, *, rng: "np.random.Generator"
) -> dict[str, Int64]:
    """Columns ``auth_result`` and ``decline_reason``: by chance, in shares of the channel; beyond the limit always."""
    channels = (config.chip, config.contactless, config.online, config.recurring)
    before_hr = np.cumsum([declines.shares for declines in channels], axis=1)
    at_t = rng.random(len(channel_t))
    reason_t = np.full(len(channel_t), -1)
    doubtful = np.flatnonzero(at_t < before_hr[:, -1].max())
    passed = (at_t[doubtful, None] >= before_hr[channel_t[doubtful]]).sum(axis=1)
    declined = passed < before_hr.shape[1]
    reason_t[doubtful[declined]] = passed[declined]
    if config.beyond_limit is not None:
        reason_t[events.amount_minor_t > config.beyond_limit * cards.limit_minor_c[events.card_t]] = REASONS.index(
            "limit_exceeded"
        )
    return {"auth_result": np.where(reason_t < 0, 0, DECLINED), "decline_reason": reason_t}
