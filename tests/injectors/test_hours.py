"""In a world of people, fraud keeps their hours and hits cards as these are used, unless a pattern says otherwise."""

import sys
from pathlib import Path
from typing import Any

import pytest

from synth.config.catalog import load_catalog
from synth.contracts.injector import Injector
from synth.testing import check, contract_for
from synth.testing.leaking import LeakChecks

PEOPLE = ("generator=spending", "population=retail_us", "population.customers.number=1500")
CATALOG = load_catalog(())
FOUND = {kind: CATALOG.find("scenario", kind) for kind in CATALOG.names("scenario")}
BUILT_IN: dict[str, Any] = {kind: spec.factory for kind, spec in FOUND.items() if spec}
ADDING = sorted(k for k, made in BUILT_IN.items() if isinstance(made, type) and issubclass(made, Injector))
#: Those which a world of people can hold; the others are about a web shop alone, which is their own choice.
AMONG_PEOPLE = [kind for kind in ADDING if "generator=clickstream" not in BUILT_IN[kind].needs]
#: Those which the kit looks at among cards; it makes a world of people where a pattern needs one.
AMONG_CARDS = [kind for kind in AMONG_PEOPLE if "generator=spending" not in BUILT_IN[kind].needs]

SLEEPLESS = '''
from dataclasses import dataclass
from typing import Literal

from synth import EpisodeConfig, EpisodeInjector, FraudEvents, Length, PlanContext, Ratio, Spec, Streams, hookimpl


@dataclass(frozen=True, kw_only=True)
class SleeplessConfig(EpisodeConfig):
    """Never asleep."""

    kind: Literal["sleepless"] = "sleepless"
    ratio: Ratio = 0.01


class Sleepless(EpisodeInjector[SleeplessConfig]):
    roles = ("buy",)
    length = Length(min=1, max=1)

    def plan(self, context: PlanContext, *, streams: Streams) -> FraudEvents:
        laid = self.episodes(context, streams)
        return laid.finish(gap_s=laid.gaps(1, 1), role=laid.role("buy"), GIVEN)


@hookimpl
def synth_injectors() -> list[Spec]:
    return [Spec(SleeplessConfig, Sleepless)]
'''


def test_there_are_some() -> None:
    assert {"card_chain", "account_takeover"} <= {*AMONG_PEOPLE} < {*ADDING}


@pytest.mark.parametrize("kind", AMONG_PEOPLE)
def test_hours_and_weekdays_are_not_declared(kind: str) -> None:
    assert not {"hour", "weekday", "time"} & {*BUILT_IN[kind].expected_signal}


@pytest.mark.parametrize("kind", AMONG_CARDS)
def test_hours_and_weekdays_tell_nothing(kind: str) -> None:
    contract = contract_for("scenario", FOUND[kind])
    assert issubclass(contract, LeakChecks)
    kept = type(kind, (contract,), {"kind": kind, "overrides": PEOPLE, "catalog": CATALOG})()
    kept.test_times_do_not_leak()
    kept.test_cards_do_not_leak()


def test_the_kit_finds_a_pattern_that_never_sleeps(tmp_path: Path) -> None:
    path = tmp_path / "sleepless.py"
    path.write_text(SLEEPLESS.replace("GIVEN", 'rhythm="uniform"'))
    [result] = check("scenario", "sleepless", plugin_files=[path], overrides=PEOPLE, only="test_times_do_not_leak")
    assert result.ok is False
    assert "hour" in result.seen


def test_patterns_of_a_web_shop_that_keep_other_hours_say_so() -> None:
    for kind in sorted({*ADDING} - {*AMONG_PEOPLE}):
        assert {"hour", "weekday"} <= {*BUILT_IN[kind].expected_signal}
        told = sys.modules[BUILT_IN[kind].__module__].__doc__ or ""
        assert "uniform over the hours" in told.replace("\n", " ")
