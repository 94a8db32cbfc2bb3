"""How much bins tell in any order: scored on one half of the episodes by how much more fraud they hold, tried on the
other half, and the other way round."""

import math

import numpy as np

from synth.arrays import Float, Int64, Mask
from synth.leaks.findings import Effect
from synth.leaks.odds import Counts, log_rank
from synth.rng import Streams


def learn(
    bin_m: Int64, fraud_m: Mask, bins: int, streams: Streams, stratum_m: Int64 | None = None
) -> tuple[float, Effect] | None:
    """The chance and the AUC of bins; None where they tell nothing that holds in the other half.

    Args:
        bin_m, fraud_m: (m,) rows that are compared: genuine ones, and one of each episode.
        stratum_m: (m,) rows are compared with those of the same one alone.
    """
    lot = np.flatnonzero(fraud_m)
    half = np.zeros(len(fraud_m), dtype=bool)
    half[streams.draw("halves").permutation(lot)[: len(lot) // 2]] = True
    share = np.bincount(bin_m[~fraud_m], minlength=bins) / max(int((~fraud_m).sum()), 1)
    odds, aucs = [], []
    for learnt, tried in ((half, fraud_m & ~half), (fraud_m & ~half, half)):
        scored_m = _order(np.bincount(bin_m[learnt], minlength=bins), share)[bin_m]
        used = tried | ~fraud_m
        counts = Counts.of(scored_m[used], tried[used], bins, None if stratum_m is None else stratum_m[used])
        if not counts.fraud:
            return None
        odds.append(log_rank(counts))
        aucs.append(counts.auc())
    auc = Effect("auc", *(float(np.mean(each)) for each in zip(*aucs, strict=True)))
    return (min(odds) + math.log(2), auc) if auc.value > 0.5 else None


def _order(fraud_b: Int64, share_b: Float) -> Int64:
    """The order of the bins by their share of fraud, drawn towards that of all where there are few rows."""
    score = (fraud_b + 1.0) / (max(int(fraud_b.sum()), 1) * share_b + 1.0)
    place = np.empty(len(score), dtype=np.int64)
    place[np.argsort(score, kind="stable")] = np.arange(len(score))
    return place
