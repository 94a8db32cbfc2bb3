"""Bounds on chance: how likely a difference between two samples is when there is none. Exact, without tables."""

import math

import numpy as np

from synth.arrays import Float, Int64

#: A leak is a difference that honest data show in fewer than one of a million runs of the kit, all tests together.
ALARM = 1e-6


def share_odds(k: Int64, n: int, other_k: Int64, other_n: int) -> Float:
    """Bounds the chance of seeing k of n in a bin, or something further off, when other_k of other_n are there, too.

    Where nothing leaks, the n fraud events are a random choice of the n + other_n rows. Given that k + other_k of all
    rows lie in the bin, k is then hypergeometric with mean n p, p = (k + other_k) / (n + other_n). Sampling without
    replacement spreads no more than with (Hoeffding 1963, theorem 4), so that Chernoff's bound for n independent draws
    holds: P(k or further from the mean) <= exp(-n KL(k/n || p)), with KL(q || p) = q ln(q/p) + (1-q) ln((1-q)/(1-p)).

    Returns:
        The natural logarithm of the bound for each bin, 0 or less.
    """
    p = (k + other_k) / (n + other_n)
    q = k / n
    return -n * (_x_ln_ratio(q, p) + _x_ln_ratio(1 - q, 1 - p))


def _x_ln_ratio(x: Float, y: Float) -> Float:
    """X ln(x/y), 0 where x is 0."""
    out = np.zeros(len(x))
    some = x > 0
    out[some] = x[some] * np.log(x[some] / y[some])
    return out


def repeat_odds(sample: Int64, others: Int64) -> tuple[float, int, float]:
    """Bounds the chance that a sample has so few distinct values, or fewer, when it is a random choice of all rows.

    The expected number of distinct values of n draws is the sum of 1 - (1 - p_v)^n over the values v with shares p_v;
    draws without replacement have more. Exchanging one drawn row for another changes the number by one at most, so
    that McDiarmid's inequality gives P(distinct <= expected - t) <= exp(-2 t^2 / n); it holds for draws without
    replacement, too (El-Yaniv and Pechyony 2009).

    Args:
        sample, others: codes of values.

    Returns:
        The natural logarithm of the bound, the distinct values seen, and those expected.
    """
    n = len(sample)
    _, counts = np.unique(np.concatenate([sample, others]), return_counts=True)
    expected = float(-np.expm1(n * np.log1p(-counts / (n + len(others)))).sum()) if len(counts) > 1 else 1.0
    seen = len(np.unique(sample))
    missing = max(0.0, expected - seen)
    return -2 * missing**2 / n, seen, expected


def is_alarm(log_odds: float, tests: int) -> bool:
    """Whether so many tests give one such bound so rarely that chance is no explanation: a union bound, both tails."""
    return log_odds + math.log(2 * tests) < math.log(ALARM)
