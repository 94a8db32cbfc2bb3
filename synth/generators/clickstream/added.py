"""The sessions of events that patterns add.

Legend: ``_t`` an event.
"""

import numpy as np

from synth.arrays import Int64
from synth.contracts.generator import Keys
from synth.timeline import US_PER_S


def split_sessions(events: Keys, gap_s: int) -> Int64:
    """(t,) visits, numbered from 0: events of a customer that follow each other within ``gap_s``."""
    order = np.lexsort((events.time_us_t, events.card_t))
    new = np.ones(len(order), dtype=bool)
    new[1:] = (np.diff(events.card_t[order]) != 0) | (np.diff(events.time_us_t[order]) > gap_s * US_PER_S)
    session_t = np.empty(len(order), dtype=np.int64)
    session_t[order] = np.cumsum(new) - 1
    return session_t


def first_of_session(events: Keys, session_t: Int64) -> tuple[Int64, Int64]:
    """(s,) time in microseconds and (s,) card of the first event of each session, by its number."""
    order = np.lexsort((events.time_us_t, session_t))
    first = order[np.diff(session_t[order], prepend=-1) > 0]
    return events.time_us_t[first], events.card_t[first]
