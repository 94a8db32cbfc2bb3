"""Leaked names and passwords, tried one account after the other from one device, few of them with success.

What the fraudster does: buys a list of leaked credentials and has a program try them at the shop, seconds apart, each
once or twice; most fail, for few people use the same password everywhere.
What changes in the data: attacks, each from a device of its own, on many accounts within minutes: a session an account
with one or two login_failed, seldom a login. An episode is one attacked account; those of an attack share a device_id.
Observable signature: accounts and failed logins of a device within ten minutes, against one account and few failures.
Single events show their type, the device and the time of the attack; honest customers fail to log in, too.
Sources: OWASP Automated Threats to Web Applications, OAT-008 Credential Stuffing, for the steps; vendors of defences
tell of 0.1 % to 2 % success; the other numbers are proposals.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from synth.errors import counted
from synth.injectors.contract import FraudEvents, Int64, Scene
from synth.injectors.episodes import Episodes
from synth.injectors.pattern import EpisodeConfig, EpisodeInjector, Length, Problem, Seconds
from synth.rng import Streams
from synth.sessions import LOGIN, LOGIN_FAILED, draw_ids


@dataclass(frozen=True, kw_only=True)
class CredentialStuffingConfig(EpisodeConfig):
    """Attacks that try leaked passwords on many accounts."""

    kind: Literal["credential_stuffing"] = "credential_stuffing"
    attempts: Annotated[Length, Field(description="logins on an account")]
    retry_s: Annotated[Seconds, Field(description="seconds from one login on an account to the next")]
    accounts: Annotated[Length, Field(description="accounts of an attack; the run's last attack may have fewer")]
    pause_s: Annotated[Seconds, Field(description="seconds from one account to the next")]
    success: Annotated[float, Field(ge=0, le=1, description="chance that an account's last login works")]


class CredentialStuffing(EpisodeInjector):
    """The injector; an episode is an attacked account."""

    config: CredentialStuffingConfig
    roles = ("attempt", "success")
    expected_signal = ("event_type", "device_id", "time", "hour", "weekday", "minute")
    setting = ("generator=clickstream",)

    @property
    def length(self) -> Length:
        """Logins on an account."""
        return self.config.attempts

    @property
    def gap_s(self) -> Seconds:
        """Seconds between them."""
        return self.config.retry_s

    def plan(self, scene: Scene, *, streams: Streams) -> FraudEvents:
        """Attacks that go through a list of accounts."""
        accounts = self.episodes(scene, streams)
        attack_e = self._draw_attacks(len(accounts), streams)
        lucky_e = streams.draw("success").random(len(accounts)) < self.config.success
        success_f = accounts.last_f & accounts.each(lucky_e)
        price_e = scene.amount.draw(len(accounts), rng=streams.draw("pages"))
        device_a = draw_ids(int(attack_e[-1]) + 1, rng=streams.draw("devices"))
        return accounts.finish(
            gap_s=accounts.gaps(self.gap_s.min, self.gap_s.max),
            amount_minor=accounts.each(price_e),
            role=success_f.astype(np.int64),
            card=_go_through(scene.cards, len(accounts), rng=streams.draw("victims")),
            start_s=self._place(accounts, attack_e),
            own={
                "event_type": np.where(success_f, LOGIN, LOGIN_FAILED),
                "session_id": accounts.each(draw_ids(len(accounts), rng=streams.draw("sessions"))),
                "device_id": accounts.each(device_a[attack_e]),
            },
        )

    def _draw_attacks(self, accounts: int, streams: Streams) -> Int64:
        """(e,) the attack that each account belongs to."""
        low, high = self.config.accounts.min, self.config.accounts.max
        size_a = streams.draw("attacks").integers(low, high, size=accounts // low + 1, endpoint=True)
        attack_e: Int64 = np.repeat(np.arange(len(size_a)), size_a)[:accounts]
        return attack_e

    def _place(self, accounts: Episodes, attack_e: Int64) -> Int64:
        """(e,) seconds from the start of the window to the first login on each account."""
        pause_s_e = accounts.streams.draw("pauses").integers(
            self.config.pause_s.min, self.config.pause_s.max, size=len(accounts), endpoint=True
        )
        _, first_a = np.unique(attack_e, return_index=True)
        pause_s_e[first_a] = 0
        since_s_e = np.cumsum(pause_s_e)
        since_s_e -= since_s_e[first_a][attack_e]
        last_s_a = np.maximum.reduceat(since_s_e, first_a) + self._account_s
        start_s_a = accounts.streams.draw("starts").integers(accounts.scene.timeline.seconds - last_s_a)
        start_s_e: Int64 = start_s_a[attack_e] + since_s_e
        return start_s_e

    @property
    def _account_s(self) -> int:
        """The most seconds that the logins on an account take."""
        return (self.length.max - 1) * self.gap_s.max

    def violations(self, scene: Scene) -> Iterator[Problem]:
        """Yields when there are no logins and devices, or an attack may be longer than the window."""
        yield from super().violations(scene)
        if not {"event_type", "session_id", "device_id"} <= {*scene.columns}:
            yield "", "an attack needs the logins and devices of a web shop", "generator=clickstream"
        longest_s = (self.config.accounts.max - 1) * self.config.pause_s.max + self._account_s
        if longest_s >= scene.timeline.seconds:
            told = f"an attack on {counted(self.config.accounts.max, 'account')} can last {longest_s:,} s"
            yield "accounts.max", f"{told}, longer than the window", f"less than {scene.timeline.seconds:,} s"


def _go_through(cards: int, size: int, *, rng: np.random.Generator) -> Int64:
    """(size,) accounts in random order; nobody comes again before everybody has been there."""
    rounds = np.tile(np.arange(cards), (-(-size // cards), 1))
    return rng.permuted(rounds, axis=1).ravel()[:size]
