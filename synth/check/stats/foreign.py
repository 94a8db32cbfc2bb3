"""The truth of rows of other people, as the tables of an output would have it.

Legend: ``_t`` a row in the order of time, ``_f`` a fraud row, ``_e`` an episode, ``_s`` a row by card.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synth.arrays import Int64
from synth.check.records import UNNAMED, Records


def truth_of(records: Records, order: Int64) -> Mapping[str, Mapping[str, pa.Array]]:
    """Labels and episodes of rows, after these are put into an order: that of time.

    Where nothing says which rows are of one episode, it is a stretch: fraud rows of one scenario on a card, with no
    genuine row of the card between them.
    """
    fraud_t = records.fraud_t[order]
    event_f = np.flatnonzero(fraud_t)
    scenario_t = records.scenario_t[order]
    names = pa.array(records.scenarios, pa.string())
    card_t = pc.dictionary_encode(records.rows.column("card_number").combine_chunks(), null_encoding="encode")
    card_t = card_t.combine_chunks() if isinstance(card_t, pa.ChunkedArray) else card_t
    code_t = card_t.indices.to_numpy(zero_copy_only=False).astype(np.int64)[order]
    said_f = records.episode_t[order][event_f]
    key_f = _stretches(code_t, scenario_t, fraud_t)[event_f] if records.guessed else said_f
    _, episode_f = np.unique(np.stack([scenario_t[event_f], key_f]), axis=1, return_inverse=True)
    episode_f = episode_f.reshape(-1)
    scenario_f = pc.take(names, pa.array(scenario_t[event_f]))
    labels = {
        "event_id": pa.array(event_f),
        "scenario": scenario_f,
        "episode_id": pa.array(episode_f),
        "role": pa.array([UNNAMED] * len(event_f), pa.string()),
    }
    rows = records.rows.take(pa.array(order[event_f]))
    return {"labels": labels, "episodes": _episodes(rows, code_t[event_f], episode_f, scenario_f)}


def _stretches(code_t: Int64, scenario_t: Int64, fraud_t: Any) -> Int64:
    """(t,) the number of the run of rows of one card, scenario and class in which a row is."""
    by_card = np.argsort(code_t, kind="stable")
    begins_s = np.ones(len(code_t), dtype=bool)
    keys = (code_t, scenario_t, fraud_t)
    begins_s[1:] = np.any([np.diff(key[by_card].astype(np.int64)) != 0 for key in keys], axis=0)
    run_t = np.empty(len(code_t), dtype=np.int64)
    run_t[by_card] = np.cumsum(begins_s)
    return run_t


def _episodes(rows: pa.Table, code_f: Int64, episode_f: Int64, scenario_f: pa.Array) -> Mapping[str, pa.Array]:
    """A row for each episode; one on several cards names none."""
    time_f = rows.column("time").cast(pa.int64()).to_numpy()
    minor_f = np.rint(rows.column("amount").to_numpy() * 100).astype(np.int64)
    known, first_e = np.unique(episode_f, return_index=True)
    last_f = len(episode_f) - 1 - np.unique(episode_f[::-1], return_index=True)[1]
    several_e = np.zeros(len(known), dtype=bool)
    several_e[episode_f[code_f != code_f[first_e][episode_f]]] = True
    cards = rows.column("card_number").take(pa.array(first_e)).combine_chunks()
    cards = cards.combine_chunks() if isinstance(cards, pa.ChunkedArray) else cards
    return {
        "episode_id": pa.array(known),
        "scenario": scenario_f.take(pa.array(first_e)),
        "card_number": pc.if_else(pa.array(several_e), pa.scalar(None, cards.type), cards),
        "first_time": pa.array(time_f[first_e]),
        "last_time": pa.array(time_f[last_f]),
        "amount_minor": pa.array(np.rint(np.bincount(episode_f, weights=minor_f)).astype(np.int64)),
    }
