"""A stolen card number, used as often as it goes within minutes until the card is blocked.

What the fraudster does: buys a card number and makes one purchase after the other, half a minute to two minutes apart.
What changes in the data: a head and its followers on one card; the followers' amounts are mostly small.
Observable signature: count of a card's purchases in the last ten minutes, against its usual count.
Source: the fraud chain attack of Amazon SageMaker's feature store notebook for credit card fraud ("generate credit card
transactions"), which cuts its last chain short and may miss its count by a few rows; here both are exact.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from synth.amount import BucketLaw
from synth.arrays import Float, Int64
from synth.contracts.context import PlanContext
from synth.contracts.injector import FraudEvents
from synth.injectors.episodes import Episodes
from synth.injectors.pattern import EpisodeConfig, EpisodeInjector, Length, Seconds, first_of
from synth.rng import Streams


@dataclass(frozen=True, kw_only=True)
class CardChainConfig(EpisodeConfig):
    """Chains of purchases on one card within minutes of each other."""

    kind: Literal["card_chain"] = "card_chain"
    chain_length: Annotated[Length, Field(description="events of a chain, its head included")]
    interval_s: Annotated[Seconds, Field(description="seconds between the events of a chain")]
    follower_amount: Annotated[
        Literal["small_first", "run"],
        Field(
            description="amounts of a chain after its head; small_first: ceil(n x share) draws from each bucket in "
            "order, cut to the n followers, shuffled; a law without buckets is drawn as it is. "
            "run: the run's amount law"
        ),
    ]


class CardChain(EpisodeInjector[CardChainConfig]):
    """The injector."""

    roles = ("head", "follower")
    expected_signal = ("amount",)

    @property
    def length(self) -> Length:
        """Events of a chain."""
        return self.config.chain_length

    @property
    def gap_s(self) -> Seconds:
        """Seconds between the events of a chain."""
        return self.config.interval_s

    def plan(self, context: PlanContext, *, streams: Streams) -> FraudEvents:
        """A head by the run's amount law, and followers that are mostly small; where shops have prices, these."""
        chains = self.episodes(context, streams)
        return chains.finish(
            gap_s=chains.gaps(self.gap_s.min, self.gap_s.max),
            amount_minor=None if context.prices_fraud else self._draw_amounts(context, chains, streams),
            role=chains.role("follower", first="head"),
        )

    def _draw_amounts(self, context: PlanContext, chains: Episodes, streams: Streams) -> Int64:
        amount_f = chains.each(context.amount.draw(len(chains), rng=streams.draw("head amounts")))
        follower_f = ~chains.first_f
        amount_f[follower_f] = self._draw_followers(context, chains.length_e - 1, streams.draw("follower amounts"))
        return amount_f

    def _draw_followers(self, context: PlanContext, follower_e: Int64, rng: "np.random.Generator") -> Int64:
        if self.config.follower_amount == "run" or not isinstance(context.amount, BucketLaw):
            return context.amount.draw(int(follower_e.sum()), rng=rng)
        return context.amount.draw_from(deal_small_first(follower_e, context.amount.share_k, rng=rng), rng=rng)

    def check(self, context: PlanContext, events: FraudEvents) -> Iterator[str]:
        """Yields broken chain rules."""
        yield from super().check(context, events)
        _, head_e = np.unique(events.episode_f, return_index=True)
        yield from first_of(events.episode_f[head_e], events.role_f[head_e] != 0, "does not start with its head")


def deal_small_first(follower_e: Int64, share_k: Float, *, rng: "np.random.Generator") -> Int64:
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
