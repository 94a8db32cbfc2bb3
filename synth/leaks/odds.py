"""How likely a difference is where there is none: exact tails of sums over rows that were drawn at random.

Where nothing leaks, the fraud rows of a stratum are a random choice of all its rows (labels permuted within strata).
The sum of their scores then has the cumulant generating function of draws without replacement, which that of draws with
replacement bounds (Hoeffding 1963, theorem 4), so that P(sum >= x) <= exp(K(t) - t x) for every t > 0 (Chernoff). The
bound is sharpened by the factor of Bahadur and Rao (1960), with 1 - exp(-t) for t, as if scores stood as far apart as
they can: it never is above 1.

Legend: ``_s`` a stratum, ``_b`` a bin.
"""

import math
from dataclasses import dataclass

import numpy as np

from synth.arrays import Float, Int64

#: Differences that are nearer to chance than this many deviations are no finding at any rate.
SCREEN = 2.5

_STEEPEST = 60.0
_STEPS = 60
#: Steps of less than this share end the search: the tail has its least value there, and hardly changes.
_NEAR = 1e-9

#: Scores of two bins: the number of rows in the second.
_INSIDE = np.array([[0.0, 1.0]])


@dataclass(frozen=True)
class Counts:
    """Fraud rows and others, by stratum and bin: (s, b) each."""

    fraud_sb: Int64
    other_sb: Int64

    @classmethod
    def of(cls, bin_n: Int64, fraud_n: "np.ndarray", bins: int, stratum_n: Int64 | None = None) -> "Counts":
        """Counts rows."""
        stratum_n = np.zeros(len(bin_n), dtype=np.int64) if stratum_n is None else stratum_n
        strata = int(stratum_n.max(initial=0)) + 1
        cell_n = stratum_n * bins + bin_n
        fraud, other = (
            np.bincount(cell_n[mask], minlength=strata * bins).reshape(strata, bins) for mask in (fraud_n, ~fraud_n)
        )
        used = (fraud.sum(axis=1) > 0) & (other.sum(axis=1) > 0)
        return cls(fraud[used], other[used])

    @property
    def fraud(self) -> int:
        """Fraud rows."""
        return int(self.fraud_sb.sum())

    @property
    def others(self) -> int:
        """Other rows."""
        return int(self.other_sb.sum())

    def ranks_sb(self) -> Float:
        """The share of a stratum's rows that stand below the middle of a bin."""
        pool = self.fraud_sb + self.other_sb
        below: Float = (np.cumsum(pool, axis=1) - pool / 2) / np.maximum(pool.sum(axis=1, keepdims=True), 1)
        return below

    def parted(self, bin_: int) -> "Counts":
        """The same with two bins: all others, and this one."""
        fraud_s, other_s = self.fraud_sb[:, bin_], self.other_sb[:, bin_]
        fraud_sb = np.stack([self.fraud_sb.sum(axis=1) - fraud_s, fraud_s], axis=1)
        return Counts(fraud_sb, np.stack([self.other_sb.sum(axis=1) - other_s, other_s], axis=1))

    def auc(self) -> tuple[float, float, float]:
        """The AUC of the order of the bins, within strata, with its band of 95 %."""
        other_s = np.maximum(self.other_sb.sum(axis=1, keepdims=True), 1)
        place_sb = (np.cumsum(self.other_sb, axis=1) - self.other_sb / 2) / other_s
        n = max(self.fraud, 1)
        auc = float((self.fraud_sb * place_sb).sum() / n)
        spread = float((self.fraud_sb * (place_sb - auc) ** 2).sum() / n)
        half = 1.96 * math.sqrt(max(spread, 1 / (12 * n)) / n)
        return auc, max(0.0, auc - half), min(1.0, auc + half)


def log_tail(counts: Counts, score_sb: Float) -> float:
    """The natural logarithm of the chance of a sum as far from its mean, to both sides, or 0.

    Args:
        score_sb: of a row in each bin, within [0, 1]; or one row of them, for all strata.
    """
    pool_sb, n_s = counts.fraud_sb + counts.other_sb, counts.fraud_sb.sum(axis=1)
    share_sb = pool_sb / pool_sb.sum(axis=1, keepdims=True)
    mean = float(n_s @ (share_sb * score_sb).sum(axis=1))
    spread = float(n_s @ ((share_sb * score_sb**2).sum(axis=1) - (share_sb * score_sb).sum(axis=1) ** 2))
    seen = float((counts.fraud_sb * score_sb).sum())
    if spread <= 0 or abs(seen - mean) < SCREEN * math.sqrt(spread):
        return 0.0
    if seen < mean:
        score_sb, seen = 1 - score_sb, float(n_s.sum()) - seen
    return min(0.0, _log_upper(n_s, share_sb, score_sb, seen) + math.log(2))


def _log_upper(n_s: Int64, share_sb: Float, score_sb: Float, seen: float) -> float:
    """The upper tail, by the steepness at which the mean is what was seen."""
    steep = _steepness(n_s, share_sb, score_sb, seen)
    value, _, spread = _tilted(n_s, share_sb, score_sb, steep)
    sharper = -math.expm1(-steep) * math.sqrt(2 * math.pi * max(spread, 1e-12))
    return value - steep * seen - max(0.0, math.log(max(sharper, 1e-12)))


def _steepness(n_s: Int64, share_sb: Float, score_sb: Float, seen: float) -> float:
    """Where K' is what was seen: by Newton's method, and by halving where that would leave the bracket."""
    low, high, steep = 0.0, _STEEPEST, 0.0
    if _tilted(n_s, share_sb, score_sb, high)[1] < seen:
        return high
    for _ in range(_STEPS):
        _, mean, spread = _tilted(n_s, share_sb, score_sb, steep)
        low, high = (steep, high) if mean < seen else (low, steep)
        newton = steep + (seen - mean) / max(spread, 1e-300)
        following = newton if low < newton < high else (low + high) / 2
        if abs(following - steep) <= _NEAR * following:
            return following
        steep = following
    return steep


def _tilted(n_s: Int64, share_sb: Float, score_sb: Float, steep: float) -> tuple[float, float, float]:
    """K, K' and K'' of the sum."""
    weight_sb = share_sb * np.exp(steep * (score_sb - 1))
    total_s = weight_sb.sum(axis=1)
    mean_s = (weight_sb * score_sb).sum(axis=1) / total_s
    square_s = (weight_sb * score_sb**2).sum(axis=1) / total_s
    return float(n_s @ (np.log(total_s) + steep)), float(n_s @ mean_s), float(n_s @ (square_s - mean_s**2))


def log_rank(counts: Counts) -> float:
    """The chance of the mean rank of the fraud rows, as ``log_tail`` gives it."""
    return log_tail(counts, counts.ranks_sb())


def log_bins(counts: Counts) -> tuple[float, int]:
    """The least chance of the number of fraud rows in a bin, and that bin; not accounted for the number of bins."""
    share_b = counts.fraud_sb.sum(axis=0) / max(counts.fraud, 1)
    n_s = counts.fraud_sb.sum(axis=1)
    pool_sb = counts.fraud_sb + counts.other_sb
    expected_b = n_s @ (pool_sb / pool_sb.sum(axis=1, keepdims=True)) / max(counts.fraud, 1)
    spread_b = np.sqrt(np.maximum(expected_b * (1 - expected_b), 1e-12) / max(counts.fraud, 1))
    worst, least = int(np.argmax(np.abs(share_b - expected_b))), 0.0
    for bin_ in np.flatnonzero(np.abs(share_b - expected_b) > SCREEN * spread_b):
        odds = log_tail(counts.parted(int(bin_)), _INSIDE)
        if odds < least:
            least, worst = odds, int(bin_)
    return least, worst
