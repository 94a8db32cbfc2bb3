"""Leaks of public simulators and competitions, and what ``lint`` says of them; written from docs/lint.md alone."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import getmembers, isfunction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.leaks import known_leaks as leaks
from tests.leaks.planting import WORLDS, World, look
from tests.sampling import sampled


@dataclass(frozen=True)
class Planted:
    """A leak at a strength, and the finding that names it.

    Attributes:
        leak: what puts it on rows.
        share: of the fraud rows, those on which it lies.
        names: what the feature of the finding holds.
        severity: how bad the finding says it is.
        world: the control world.
        missed: why it is not found, where it is not.
    """

    leak: Callable[[World, Any], None]
    share: float
    names: str
    severity: str
    world: str = "people"
    missed: str = ""

    @property
    def name(self) -> str:
        """What a report of pytest calls it."""
        return f"{self.leak.__name__}-{self.share}-{self.world}-{self.severity}"

    def put(self, world: World, pool: Any) -> None:
        """Puts the leak on as many rows of a pool as the share of fraud rows is."""
        self.leak(world, np.sort(world.rng.choice(pool, round(self.share * len(world.hits)), replace=False)))


PLANTED = (
    Planted(leaks.merchant_prefix, 0.1, "merchant_name", "certain"),
    Planted(leaks.descriptor, 0.4, "descriptor", "strong"),
    Planted(leaks.rounded_home, 0.2, "home_latitude", "certain"),
    Planted(leaks.shop_of_its_own, 0.5, "merchant_id", "strong"),
    Planted(leaks.repeated_amount, 0.4, "with this amount", "strong"),
    Planted(leaks.episode_amount, 1.0, "with this amount", "strong"),
    Planted(leaks.other_time_zone, 0.6, "hour", "strong"),
    Planted(leaks.last_of_the_hour, 0.6, "place among rows of its instant", "strong", world="cards"),
    Planted(leaks.device_block, 0.1, "device", "certain"),
    Planted(leaks.emptied_account, 0.15, "balance_after", "certain"),
    Planted(leaks.single_precision, 0.3, "amount", "certain"),
    Planted(leaks.rounded_twice, 1.0, "amount", "certain"),
    Planted(leaks.lost_decimal, 0.3, "last digit of the amount", "strong"),
    Planted(leaks.dinner_at_dawn, 0.3, "hour", "weak"),
    Planted(leaks.impossible_age, 0.1, "customer_age", "certain"),
    Planted(leaks.older_victims, 0.3, "customers.age", "strong"),
    Planted(leaks.unseen_card, 0.4, "card's first row", "strong"),
    Planted(leaks.mail_domain, 0.15, "mail", "weak"),
    Planted(leaks.empty_field, 0.25, "address_match is empty", "strong"),
    Planted(leaks.full_minutes, 0.3, "second of time", "strong"),
    Planted(leaks.strange_terminal, 0.1, "terminals.merchant_id", "certain"),
    Planted(leaks.trailing_space, 0.15, "city", "certain"),
    Planted(leaks.address_block, 0.3, "ip", "strong"),
    Planted(leaks.shop_prices, 0.3, "cents", "strong"),
    Planted(leaks.appended_number, 0.1, "number", "certain"),
    Planted(leaks.up_to_the_limit, 0.2, "limit_minor", "certain"),
    Planted(leaks.both_together, 0.7, "billing_known and shipping_known", "strong"),
    Planted(leaks.share_of_fraud, 0.5, "merchant_risk", "strong"),
    Planted(leaks.counted_twice, 0.4, "rows_today", "weak"),
    Planted(leaks.hasty_visits, 0.6, "step", "certain"),
)

MISSED = (
    Planted(
        *(leaks.shop_of_its_own, 0.5, "merchant_id", "certain"),
        missed="a shop with fraud rows alone, in 91 of 300 episodes, is no rule: where it lies is all that is said",
    ),
    Planted(
        *(leaks.single_precision, 0.3, "amount", "certain", "cards"),
        missed="fractions of a cent: a third of the fraud rows and no genuine one",
    ),
    Planted(
        *(leaks.rounded_twice, 1.0, "amount", "certain", "cards"),
        missed="the last bit of an amount that is not its whole cents by 100: no genuine row",
    ),
    Planted(
        *(leaks.card_ending, 0.3, "card_number", "strong"),
        missed="the last digit of cards.card_number is 7 in 75 % of the fraud rows, 38 % of genuine ones",
    ),
    Planted(
        *(leaks.card_ending, 0.3, "card_number", "strong", "cards"),
        missed="the last digit of card_number is 7 in 68 % of the fraud rows, 31 % of genuine ones",
    ),
    Planted(
        *(leaks.hex_checksum, 1.0, "tid", "certain", "cards"),
        missed="a sum of 32 bits of a hexadecimal id, the same in all 613 fraud rows",
    ),
    Planted(
        *(leaks.luhn_digit, 1.0, "reference", "certain"),
        missed="a check digit that all fraud rows have, one in ten of genuine ones: a sum of digits, not of bits",
    ),
    Planted(
        *(leaks.rounded_distance, 0.6, "distance_km", "certain"),
        missed="what customer and shop decide together on all genuine rows: 49 % of the fraud rows break it",
    ),
    Planted(
        *(leaks.borrowed_device, 0.4, "device", "certain"),
        missed="visits with a device of another customer: 39 % of the fraud rows' and no genuine purchase's",
    ),
)


def _named(planted: Planted, findings: Any) -> list[str]:
    """The features of findings that say so."""
    return [each.feature for each in findings if each.severity == planted.severity and planted.names in each.feature]


def _cases() -> list[Any]:
    found = [pytest.param(each, id=each.name) for each in PLANTED]
    missed = [
        pytest.param(each, id=each.name, marks=pytest.mark.xfail(strict=True, reason=each.missed)) for each in MISSED
    ]
    return found + missed


@pytest.mark.slow
@pytest.mark.parametrize("planted", sampled(_cases(), 10))
def test_a_leak_on_fraud_rows_is_found_and_named(tmp_path: Path, planted: Planted) -> None:
    """A quarter of the leaks that others planted; after a change of ``synth lint``, all of them: ``make sweeps``."""
    report = look(tmp_path / "out", lambda world: planted.put(world, world.hits), world=planted.world)
    assert _named(planted, report.findings), [each.message for each in report.findings]


@pytest.mark.parametrize("world", WORLDS)
def test_the_untouched_world_has_none(tmp_path: Path, world: str) -> None:
    report = look(tmp_path / "out", world=world)
    assert not report.findings
    assert report.scenarios["planted"] > 150


#: What needs an episode, or takes away the rows before it: there is no such thing on genuine rows.
OF_FRAUD_ALONE = (leaks.episode_amount, leaks.unseen_card)


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_the_same_on_rows_of_all_is_none(tmp_path: Path, world: str) -> None:
    planted = [each for each in PLANTED + MISSED if each.world == world and each.leak not in OF_FRAUD_ALONE]

    def everywhere(made: World) -> None:
        for each in planted:
            each.put(made, np.arange(len(made.rows)))

    report = look(tmp_path / "out", everywhere, world=world)
    assert planted
    assert not report.findings, [each.message for each in report.findings]


def test_each_leak_is_planted() -> None:
    own = {each for _, each in getmembers(leaks, isfunction) if each.__module__ == leaks.__name__}
    assert own == {each.leak for each in PLANTED + MISSED}
