"""Leaked names and passwords, tried one account after the other from one device, few of them with success.

What the fraudster does: buys a list of leaked credentials and has a program try them at the shop, seconds apart, each
once; most fail, for few people use the same password everywhere.
What changes in the data: attacks, each from a device of its own, on many accounts within minutes: for each account a
session of one login_failed, seldom one login. An episode is an attack, and lies on many cards: those of the list,
however much or little their holders visit the shop.
Observable signature: accounts and failed logins of a device within ten minutes, against one account and few failures.
Single events show the account, which may be one that hardly ever visits, the device, which comes this once, their type
and when they come, for programs do not sleep: uniform over the hours and weekdays; honest
customers fail to log in, too, and some only log in.
Sources: OWASP Automated Threats to Web Applications, OAT-008 Credential Stuffing, for the steps; vendors of defences
tell of 0.1 % to 2 % success; the other numbers are proposals.
"""

from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from synth.arrays import Int64
from synth.contracts.context import PlanContext
from synth.contracts.injector import FraudEvents
from synth.contracts.sessions import LOGIN, LOGIN_FAILED, ShopIds
from synth.injectors.episodes import Episodes
from synth.injectors.pattern import EpisodeConfig, EpisodeInjector, Length, Seconds
from synth.rng import Streams


@dataclass(frozen=True, kw_only=True)
class CredentialStuffingConfig(EpisodeConfig):
    """Attacks that try leaked passwords on many accounts, each from one device."""

    kind: Literal["credential_stuffing"] = "credential_stuffing"
    logins: Annotated[Length, Field(description="logins of an attack, each on another account")]
    interval_s: Annotated[Seconds, Field(description="seconds from one login to the next")]
    success: Annotated[float, Field(ge=0, le=1, description="chance that a login works")]


class CredentialStuffing(EpisodeInjector[CredentialStuffingConfig]):
    """The injector; an episode is an attack."""

    roles = ("attempt", "success")
    expected_signal = ("event_type", "hour", "weekday", "device_id", "card", "customer_id")
    needs = ("generator=clickstream",)
    uses = ("event_type", "session_id", "device_id")
    spans_cards = True

    @property
    def length(self) -> Length:
        """Logins of an attack."""
        return self.config.logins

    @property
    def gap_s(self) -> Seconds:
        """Seconds between them."""
        return self.config.interval_s

    def plan(self, context: PlanContext, *, streams: Streams) -> FraudEvents:
        """A login on one account after the other, each in a session of its own."""
        attacks = self.episodes(context, streams)
        logins = len(attacks.episode_f)
        works_f = streams.draw("success").random(logins) < self.config.success
        events = attacks.finish(
            gap_s=attacks.gaps(self.gap_s.min, self.gap_s.max),
            role=works_f.astype(np.int64),
            rhythm="uniform",
            # Attacks know nothing of each other: each has its place as if it were alone on a card.
            card=np.arange(len(attacks)),
        )
        victim_f, ids = self._victims(attacks), ShopIds.of(streams.seed, context.timeline, context.cards)
        first_e = victim_f[attacks.head_e]
        nth_e = streams.draw("devices").integers(ids.device_slots, size=len(attacks))
        own = {
            "event_type": np.where(works_f, LOGIN, LOGIN_FAILED),
            "session_id": ids.name_added(events.time_us_f, victim_f, rng=streams.draw("sessions")),
            "device_id": attacks.each(ids.name_devices(first_e, nth_e)),
        }
        return replace(events, card_f=victim_f, own=own)

    def _victims(self, attacks: Episodes) -> Int64:
        """(f,) accounts: every attack goes through the same leaked list, from another place on."""
        cards, streams = attacks.context.cards, attacks.streams
        list_c = streams.draw("victims").permutation(cards)
        place_e = streams.draw("places").integers(cards, size=len(attacks))
        victim_f: Int64 = list_c[(attacks.each(place_e) + attacks.step_f) % cards]
        return victim_f
