"""The bounds that tell a leak from chance: no false alarm on honest samples, and the power to find a small tell."""

import math

import numpy as np
import pytest

from synth.rng import Streams
from synth.testing.bounds import is_alarm, repeat_odds, share_odds

GENUINE, EPISODES, TESTS = 80_000, 500, 1_000


def rng(seed: int) -> np.random.Generator:
    return Streams(seed, "tests/bounds").draw("samples")


def log_odds(fraud: np.ndarray, genuine: np.ndarray, bins: int) -> float:
    counts = (np.bincount(values, minlength=bins) for values in (fraud, genuine))
    k, other_k = counts
    return float(share_odds(k, len(fraud), other_k, len(genuine)).min())


@pytest.mark.parametrize("bins", [2, 20, 100])
def test_honest_samples_raise_no_alarm(bins: int) -> None:
    """2,000 seeds: an alarm is one of 10^6 honest runs of a thousand tests, so that none is expected here."""
    for seed in range(2000):
        draws = rng(seed).integers(bins, size=EPISODES + 5_000)
        assert not is_alarm(log_odds(draws[:EPISODES], draws[EPISODES:], bins), TESTS)


def test_the_bound_is_a_bound() -> None:
    """Of 20,000 honest samples no more than a share q have a chance bounded by q, for any q; both tails count."""
    draw = rng(1)
    k = draw.hypergeometric(900, 9_100, 200, size=20_000)
    odds = np.exp(share_odds(k, 200, 900 - k, 9_800))
    for q in (0.5, 0.1, 0.01):
        assert (odds <= q).mean() <= 2 * q


def test_a_tenth_of_fixed_cents_is_found_with_500_episodes() -> None:
    """One in ten ends in .99 where one in a hundred should: in all of 200 seeds."""
    for seed in range(200):
        draw = rng(seed)
        genuine = draw.integers(100, size=GENUINE)
        fraud = np.where(draw.random(EPISODES) < 0.1, 99, draw.integers(100, size=EPISODES))
        assert is_alarm(log_odds(fraud, genuine, 100), TESTS)


def test_certain_differences_are_infinitely_unlikely() -> None:
    [odds] = share_odds(np.array([50]), 50, np.array([0]), 100_000)
    assert odds == pytest.approx(-50 * math.log(100_050 / 50))


def test_honest_repeats_raise_no_alarm() -> None:
    for seed in range(500):
        draws = rng(seed).integers(2_000, size=EPISODES + 20_000)
        odds, _, _ = repeat_odds(draws[:EPISODES], draws[EPISODES:])
        assert not is_alarm(odds, TESTS)


def test_a_few_fixed_values_are_found() -> None:
    draw = rng(1)
    genuine = draw.integers(1_000_000, size=GENUINE)
    fraud = genuine[draw.integers(20, size=EPISODES)]
    odds, seen, expected = repeat_odds(fraud, genuine)
    assert seen == 20
    assert expected > 480
    assert is_alarm(odds, TESTS)
