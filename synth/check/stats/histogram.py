"""Counts of whole numbers in bins that grow with the number: quantiles of any number of rows, in little memory."""

import numpy as np

from synth.arrays import Float, Int64

LEVELS = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)

#: Numbers below 2^(BITS + 1) - 1 have a bin each; larger ones share one with numbers within 2^-BITS.
_BITS = 10
_MANTISSA = 52


def level_name(level: float) -> str:
    """``p1`` … ``p99``."""
    return f"p{level * 100:g}"


class Histogram:
    """Numbers of several groups; mean, deviation, least and greatest are exact.

    A quantile is the least number that at least the given share of all does not exceed: exact below 2,047, the middle
    of its bin above, which is within 0.05 %.
    """

    def __init__(self) -> None:
        self.count_gi: Int64 = np.zeros((0, 0), dtype=np.int64)
        self.sum_g: Float = np.zeros(0)
        self.squares_g: Float = np.zeros(0)
        self.low_g: Int64 = np.zeros(0, dtype=np.int64)
        self.high_g: Int64 = np.zeros(0, dtype=np.int64)

    def add(self, value_t: Int64, group_t: Int64) -> None:
        """Counts numbers, none of them negative, each in its group."""
        if not len(value_t):
            return
        bin_t = _bin_of(value_t)
        self._grow(int(group_t.max()) + 1, int(bin_t.max()) + 1)
        groups, bins = self.count_gi.shape
        np.add.at(self.count_gi.reshape(-1), group_t * bins + bin_t, 1)
        plain_t = value_t.astype(np.float64)
        self.sum_g += np.bincount(group_t, weights=plain_t, minlength=groups)
        self.squares_g += np.bincount(group_t, weights=plain_t * plain_t, minlength=groups)
        np.minimum.at(self.low_g, group_t, value_t)
        np.maximum.at(self.high_g, group_t, value_t)

    def _grow(self, groups: int, bins: int) -> None:
        old_groups, old_bins = self.count_gi.shape
        groups, bins = max(groups, old_groups), max(bins, old_bins)
        if bins > old_bins:
            bins = -(-bins >> _BITS) << _BITS
        more = groups - old_groups
        if more or bins > old_bins:
            self.count_gi = np.pad(self.count_gi, ((0, more), (0, bins - old_bins)))
            self.sum_g, self.squares_g = np.pad(self.sum_g, (0, more)), np.pad(self.squares_g, (0, more))
            self.low_g = np.pad(self.low_g, (0, more), constant_values=np.iinfo(np.int64).max)
            self.high_g = np.pad(self.high_g, (0, more), constant_values=-1)

    def describe(self, group: int, unit: int = 1) -> dict[str, float] | None:
        """Count, mean, sd, min, quantiles and max of a group; None where it is empty.

        Args:
            unit: how many make one in the answer, e.g. 100 cents.
        """
        if group >= len(self.count_gi) or not (count := int(self.count_gi[group].sum())):
            return None
        mean = self.sum_g[group] / count
        variance = max(0.0, self.squares_g[group] / count - mean * mean)
        before_i = np.cumsum(self.count_gi[group])
        bin_q = np.searchsorted(before_i, np.ceil(np.array(LEVELS) * count - 1e-9).clip(1))
        value_q = np.clip(_middle_of(bin_q), self.low_g[group], self.high_g[group])
        quantiles = {level_name(q): float(v / unit) for q, v in zip(LEVELS, value_q, strict=True)}
        return {
            "count": count,
            "mean": float(mean / unit),
            "sd": float(np.sqrt(variance) / unit),
            "min": float(self.low_g[group] / unit),
            **quantiles,
            "max": float(self.high_g[group] / unit),
        }

    def shape(self, group: int, edge_k: Int64) -> Int64:
        """(k - 1,) how many numbers of a group lie from each edge up to the next, to the width of a bin."""
        if group >= len(self.count_gi):
            return np.zeros(len(edge_k) - 1, dtype=np.int64)
        before_i = np.append(0, np.cumsum(self.count_gi[group]))
        counts: Int64 = np.diff(before_i[np.minimum(_bin_of(edge_k), len(before_i) - 1)])
        return counts


def _bin_of(value_t: Int64) -> Int64:
    """(t,) the exponent and the first bits of the number plus one, as a float holds them."""
    bits_t = (value_t + 1).astype(np.float64).view(np.int64)
    bin_t: Int64 = (bits_t >> (_MANTISSA - _BITS)) - (1023 << _BITS)
    return bin_t


def _middle_of(bin_i: Int64) -> Float:
    """(i,) the middle of the whole numbers of each bin."""
    low_i = ((bin_i + (1023 << _BITS)) << (_MANTISSA - _BITS)).view(np.float64)
    high_i = ((bin_i + 1 + (1023 << _BITS)) << (_MANTISSA - _BITS)).view(np.float64)
    middle_i: Float = (np.ceil(low_i) + np.ceil(high_i) - 1) / 2 - 1
    return middle_i
