"""A view: what the transactions table shows, as `columns=ledger`."""

import synth


@synth.hookimpl
def synth_views() -> list[synth.View]:
    """Two columns: the day, and the amount."""
    return [synth.View("ledger", "When and how much", (("booked", "time", "%Y-%m-%d"), ("amount", "amount")))]
