"""A stolen card number, used as often as it goes within minutes until the card is blocked.

What the fraudster does: buys a card number and makes one purchase after the other, half a minute to two minutes apart.
What changes in the data: a head and its followers on one card; the followers' amounts are mostly small.
Observable signature: count of a card's purchases in the last ten minutes, against its usual count.
Source: the fraud chain attack of Amazon SageMaker's feature store notebook for credit card fraud ("generate credit card
transactions"), which cuts its last chain short and may miss its count by a few rows; here both are exact.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from synth.amount import BucketLaw
from synth.errors import RefusedError, counted
from synth.injectors.contract import FraudEvents, Injector, Int64, Scene
from synth.rng import Streams
from synth.timeline import US_PER_S


@dataclass(frozen=True, kw_only=True)
class ChainLength:
    """Events of a chain, the head included; uniform between the bounds."""

    min: Annotated[int, Field(ge=1, le=1000, description="fewest events")]
    max: Annotated[int, Field(ge=1, le=1000, description="most events")]


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Whole seconds between consecutive events; uniform between the bounds, both included."""

    min: Annotated[int, Field(ge=1, le=31_536_000, description="shortest, in seconds")]
    max: Annotated[int, Field(ge=1, le=31_536_000, description="longest, in seconds")]


@dataclass(frozen=True, kw_only=True)
class CardChainConfig:
    """Chains of purchases on one card within minutes of each other."""

    kind: Literal["card_chain"] = "card_chain"
    ratio: Annotated[float, Field(gt=0, le=0.5, description="fraud rows as a share of generator.transactions; exact")]
    mode: Annotated[Literal["replace", "add"], Field(description="replace genuine rows, or add to all of them")]
    chain_length: Annotated[ChainLength, Field(description="events of a chain")]
    interval_s: Annotated[Interval, Field(description="seconds between the events of a chain")]
    follower_amount: Annotated[
        Literal["small_first", "run"],
        Field(
            description="amounts of a chain after its head; small_first: ceil(n x share) draws from each bucket in "
            "order, cut to the n followers, shuffled; a law without buckets is drawn as it is. "
            "run: the run's amount law"
        ),
    ]

    def violations(self) -> Iterator[tuple[str, str, str]]:
        """Yields (path, message, what is allowed)."""
        for name in ("chain_length", "interval_s"):
            bounds = getattr(self, name)
            if bounds.min > bounds.max:
                yield name, f"min {bounds.min:,} is above max {bounds.max:,}", "min <= max"

    def fraud_rows(self, rows: int) -> int:
        """int(ratio x rows), in exact arithmetic."""
        return int(Decimal(str(self.ratio)) * rows)


class CardChain(Injector):
    """The injector."""

    roles = ("head", "follower")
    expected_signal = ("amount",)

    def __init__(self, config: CardChainConfig) -> None:
        self.config = config
        self.replaces = config.mode == "replace"

    def violations(self, scene: Scene) -> Iterator[tuple[str, str, str]]:
        """Yields when no whole chains add up to the ratio, or a chain is longer than the window."""
        low, high = self.config.chain_length.min, self.config.chain_length.max
        fraud = self.config.fraud_rows(scene.rows)
        told = f"ratio {self.config.ratio!r} of {counted(scene.rows, 'transaction')} is {counted(fraud, 'fraud row')}"
        chains = -(-fraud // high)
        if fraud < low:
            least = _ratios(scene.rows, low)
            allowed = f"at least {least}" if "ratio" in least else least
            yield "ratio", f"{told}, less than one chain of {low:,}", allowed
        elif chains * low > fraud:
            lengths = f"{low:,} to {high:,}" if low < high else f"{low:,}"
            told += f", which chains of {lengths} events cannot add up to"
            yield "ratio", told, _ratios(scene.rows, (chains - 1) * high, chains * low)
        longest_s = (high - 1) * self.config.interval_s.max
        if longest_s >= scene.timeline.seconds:
            yield (
                "interval_s.max",
                f"a chain of {high} events can last {longest_s:,} s, longer than the window",
                f"chains shorter than {scene.timeline.seconds:,} s",
            )

    def plan(self, scene: Scene, *, streams: Streams) -> FraudEvents:
        """Draws lengths, victims, gaps, start times and amounts."""
        bounds = self.config.chain_length
        length_e = draw_lengths(self.config.fraud_rows(scene.rows), bounds.min, bounds.max, rng=streams.draw("lengths"))
        card_e = streams.draw("victims").integers(scene.cards, size=len(length_e))
        head_e = np.cumsum(length_e) - length_e
        episode_f = np.repeat(np.arange(len(length_e)), length_e)
        step_f = np.arange(len(episode_f)) - head_e[episode_f]

        gap_s_f = streams.draw("intervals").integers(
            self.config.interval_s.min, self.config.interval_s.max, size=len(episode_f), endpoint=True
        )
        gap_s_f[step_f == 0] = 0
        elapsed_s_f = np.cumsum(gap_s_f)
        elapsed_s_f -= elapsed_s_f[head_e][episode_f]
        last_s_e = elapsed_s_f[head_e + length_e - 1]
        start_s_e = place_apart(card_e, last_s_e + 1, scene.timeline.seconds, rng=streams.draw("starts"))
        time_s_f = scene.timeline.start_s + start_s_e[episode_f] + elapsed_s_f

        amount_f = np.empty(len(episode_f), dtype=np.int64)
        amount_f[head_e] = scene.amount.draw(len(head_e), rng=streams.draw("head amounts"))
        amount_f[step_f > 0] = self._draw_followers(scene, length_e - 1, streams.draw("follower amounts"))
        role_f = np.minimum(step_f, 1)
        return FraudEvents(episode_f, time_s_f * US_PER_S, card_e[episode_f], amount_f, role_f)

    def _draw_followers(self, scene: Scene, follower_e: Int64, rng: np.random.Generator) -> Int64:
        total = int(follower_e.sum())
        if self.config.follower_amount == "run" or not isinstance(scene.amount, BucketLaw):
            return scene.amount.draw(total, rng=rng)
        return scene.amount.draw_from(deal_small_first(follower_e, scene.amount.share_k, rng=rng), rng=rng)

    def check(self, scene: Scene, events: FraudEvents) -> Iterator[str]:
        """Yields broken chain rules: count, length, gaps, one card, window, overlap."""
        wanted = self.config.fraud_rows(scene.rows)
        if len(events.episode_f) != wanted:
            yield f"{len(events.episode_f):,} fraud rows instead of {wanted:,}"
        if not len(events.episode_f):
            return
        names, head_e, length_e = np.unique(events.episode_f, return_index=True, return_counts=True)
        bounds, interval = self.config.chain_length, self.config.interval_s
        within_f = np.diff(events.episode_f) == 0
        gap_s_f = np.diff(events.time_us_f) / US_PER_S
        tail_e = head_e + length_e - 1
        yield from _first(names, (length_e < bounds.min) | (length_e > bounds.max), "has a length out of bounds")
        bad_gap_f = within_f & ((gap_s_f < interval.min) | (gap_s_f > interval.max))
        yield from _first(events.episode_f[1:], bad_gap_f, "has a gap out of bounds")
        yield from _first(events.episode_f[1:], within_f & (np.diff(events.card_f) != 0), "is on more than one card")
        yield from _first(names, events.role_f[head_e] != 0, "does not start with its head")
        outside_f = (events.time_us_f < scene.timeline.start_s * US_PER_S) | (
            events.time_us_f >= scene.timeline.end_s * US_PER_S
        )
        yield from _first(events.episode_f, outside_f, "leaves the window")
        order = np.lexsort((events.time_us_f[head_e], events.card_f[head_e]))
        card_e, start_e, end_e = (
            events.card_f[head_e][order],
            events.time_us_f[head_e][order],
            events.time_us_f[tail_e][order],
        )
        overlap_e = (np.diff(card_e) == 0) & (start_e[1:] <= end_e[:-1])
        yield from _first(names[order][1:], overlap_e, "overlaps another chain on its card")


def _ratios(rows: int, *counts: int) -> str:
    """Ratios that make the given counts of fraud rows, with as few decimals as possible: ``10 rows: ratio 0.01``."""
    found = []
    for count in counts:
        if not 0 < 2 * count <= rows:
            continue
        places = next(n for n in itertools.count(1) if -(-count * 10**n // rows) * rows // 10**n == count)
        found.append((f"{count:,}", f"{Decimal(-(-count * 10**places // rows)).scaleb(-places):f}"))
    if not found:
        return "shorter chains, or more transactions"
    return f"{' or '.join(count for count, _ in found)} rows: ratio {' or '.join(ratio for _, ratio in found)}"


def _first(names: Int64, bad: npt.NDArray[np.bool_], what: str) -> Iterator[str]:
    if bad.any():
        yield f"chain {int(names[np.argmax(bad)])} {what} ({int(np.count_nonzero(bad)):,} in all)"


def draw_lengths(total: int, low: int, high: int, *, rng: np.random.Generator) -> Int64:
    """Lengths uniform on [low, high] that sum to ``total``; a few are adjusted by single events to make the sum exact.

    ``total`` must be reachable: k x low <= total <= k x high for some k.
    """
    drawn = rng.integers(low, high, size=total // low + 1, endpoint=True)
    count = int(np.searchsorted(np.cumsum(drawn), total)) + 1
    lengths = drawn[:count]
    surplus = int(lengths.sum()) - total
    if surplus > int((lengths - low).sum()):
        lengths = lengths[:-1]
        surplus = int(lengths.sum()) - total
    if -surplus > int((high - lengths).sum()):
        count = -(-total // high)
        return np.full(count, total // count) + (np.arange(count) < total % count)
    room = lengths - low if surplus > 0 else high - lengths
    chosen = rng.choice(np.repeat(np.arange(len(lengths)), room), size=abs(surplus), replace=False)
    np.subtract.at(lengths, chosen, 1 if surplus > 0 else -1)
    return lengths


def place_apart(card_e: Int64, span_s_e: Int64, window_s: int, *, rng: np.random.Generator) -> Int64:
    """Random start offsets at which no two intervals of one card overlap.

    The free seconds of a card are shared out between its intervals: sorted uniform offsets into the free time, each
    pushed back by the intervals before it.

    Args:
        card_e: (e,) victim of each interval.
        span_s_e: (e,) seconds that each interval takes.
        window_s: seconds of the window.

    Returns:
        (e,) int64 offsets from the start of the window.

    Raises:
        RefusedError: the intervals of one card are longer than the window.
    """
    taken_s_c = np.bincount(card_e, weights=span_s_e).astype(np.int64)
    if int(taken_s_c.max(initial=0)) > window_s:
        raise RefusedError(
            f"the chains of one card take {int(taken_s_c.max()):,} s, longer than the window of {window_s:,} s: "
            "lower the ratio, lengthen the window or add cards"
        )
    offset_e = rng.integers(window_s - taken_s_c[card_e], endpoint=True)
    order = np.lexsort((offset_e, card_e))
    before = np.cumsum(span_s_e[order]) - span_s_e[order]
    _, first, inverse = np.unique(card_e[order], return_index=True, return_inverse=True)
    start_e = np.empty_like(offset_e)
    start_e[order] = offset_e[order] + before - before[first][inverse]
    return start_e


def deal_small_first(follower_e: Int64, share_k: npt.NDArray[np.float64], *, rng: np.random.Generator) -> Int64:
    """The notebook's chain law: which bucket each follower's amount comes from.

    A chain of n followers takes ceil(n x share) draws from each bucket, in bucket order, cut to n: the first buckets
    win. The draws are then shuffled within the chain.

    Args:
        follower_e: (e,) followers of each chain.
        share_k: (k,) bucket shares.

    Returns:
        (sum of followers,) int64 bucket indices, chain by chain.
    """
    dealt_n = np.zeros((int(follower_e.max(initial=0)) + 1, int(follower_e.max(initial=0))), dtype=np.int64)
    for n in range(1, len(dealt_n)):
        dealt_n[n, :n] = np.repeat(np.arange(len(share_k)), [math.ceil(n * share) for share in share_k])[:n]
    episode_f = np.repeat(np.arange(len(follower_e)), follower_e)
    step_f = np.arange(len(episode_f)) - (np.cumsum(follower_e) - follower_e)[episode_f]
    shuffled = np.lexsort((rng.random(len(episode_f)), episode_f))
    return dealt_n[follower_e[episode_f], step_f][shuffled]
