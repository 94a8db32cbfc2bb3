"""Noise: what its answer key says is what happened, and the truth knows nothing of it."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth.config.recipe import load_recipe
from synth.engine.end_of_run import EndOfRun
from synth.engine.prepare import Prepared, prepare
from synth.noise.config import DelayConfig, DelayedConfig, DropsConfig, NoiseConfig
from synth.noise.draws import draw_noise
from synth.rng import Streams
from synth.stream.deliveries import Delivery, deliveries
from synth.tables.declared import NOISE_KINDS

SIZE = ("generator.transactions=12000", "block_rows=1500", "population.cards=300", "timeline.end=2022-01-03")
NOISE = (
    "noise=network",
    "noise.disorder.share=0.1",
    "noise.late={share: 0.02, delay_s: {min: 60, max: 20000}}",
    "noise.duplicates.share=0.03",
    "noise.drops.share=0.04",
)


def prepared(*overrides: str) -> Prepared:
    chain = ("scenario=card_chain", "scenario.card_chain.ratio=0.02", "columns=full")
    return prepare(load_recipe([*SIZE, *chain, *overrides])[0])


def deliver(made: Prepared, first: int = 0, shift_us: int = 0) -> list[Delivery]:
    return list(deliveries(made, first, EndOfRun(made.make_block), shift_us=shift_us))


def frame(made: list[Delivery], table: str) -> pd.DataFrame:
    batches = [each.transactions if table == "transactions" else each.side[table] for each in made]
    return pd.concat([batch.native.to_pandas() for batch in batches], ignore_index=True)


@pytest.fixture(scope="module")
def clean() -> list[Delivery]:
    return deliver(prepared())


@pytest.fixture(scope="module")
def noisy() -> list[Delivery]:
    return deliver(prepared(*NOISE))


def test_truth_is_as_without_noise(clean: list[Delivery], noisy: list[Delivery]) -> None:
    for table in ("labels", "episodes"):
        pd.testing.assert_frame_equal(frame(clean, table), frame(noisy, table))
    for before, after in zip(clean, noisy, strict=True):
        assert {name: after.digests[name] for name in before.digests} == before.digests


def test_the_key_explains_every_difference(clean: list[Delivery], noisy: list[Delivery]) -> None:
    """The noisy stream is rebuilt from the clean one and the key alone."""
    rows, key = frame(clean, "transactions"), frame(noisy, "noise")
    assert key.event_id.is_unique
    assert set(key.kind) == set(NOISE_KINDS)
    rows = rows.assign(arrival=rows.time.astype("int64"))
    delay = pd.Timedelta(1, "us") * key.set_index("event_id").delay_us
    kind = key.set_index("event_id").kind
    late = kind.index[kind.isin(["disorder", "late"])]
    rows["time_of_arrival"] = rows.time
    rows.loc[late, "time_of_arrival"] += delay[late]
    again = rows.loc[kind.index[kind == "duplicate"]].copy()
    again["time_of_arrival"] += delay[again.index]
    rows = rows.drop(index=kind.index[kind == "drop"])
    told = pd.concat([rows, again]).sort_values(["time_of_arrival", "event_id"], kind="stable")
    sent = frame(noisy, "transactions")
    assert list(sent.event_id) == list(told.event_id)
    for column in ("time", "card_number", "amount", "fraud_label", "tid"):
        assert list(sent[column]) == list(told[column])
    arrivals = np.concatenate([each.arrival_us_t for each in noisy])
    assert list(arrivals) == list(told.time_of_arrival.astype("datetime64[us, UTC]").astype("int64"))


def test_rows_within_the_watermark_come_in_time(noisy: list[Delivery]) -> None:
    sent, key = frame(noisy, "transactions"), frame(noisy, "noise").set_index("event_id")
    behind = sent.time.cummax() - sent.time
    too_late = set(sent.event_id[behind > pd.Timedelta(seconds=30)])
    assert too_late
    assert too_late <= set(key.index[key.kind.isin(["late", "duplicate"])])


def test_texts_travel_with_their_rows(noisy: list[Delivery]) -> None:
    for each in noisy:
        printed, native = each.transactions.text, each.transactions.native
        assert printed.column(1).to_pylist() == native.column(1).cast("string").to_pylist()
        assert printed.schema.names == native.schema.names
    fraud = np.concatenate([each.fraud_t for each in noisy])
    assert list(fraud) == list(frame(noisy, "transactions").fraud_label == 1)


@pytest.mark.parametrize("first", [1, 3, 7])
def test_from_any_block_on_the_deliveries_are_the_same(noisy: list[Delivery], first: int) -> None:
    """Late rows of earlier blocks included: the longest delay spans more than a block."""
    for again, before in zip(deliver(prepared(*NOISE), first), noisy[first:], strict=True):
        assert again.index == before.index
        assert again.transactions.native.equals(before.transactions.native)
        assert again.transactions.text.equals(before.transactions.text)
        assert (again.arrival_us_t == before.arrival_us_t).all()
        assert again.digests == before.digests


def test_shares_are_those_of_the_config() -> None:
    """A million rows: each count is within five standard deviations of a binomial's mean."""
    ranged = DelayConfig(min=1, max=2)
    config = NoiseConfig(
        disorder=DelayedConfig(share=0.1, delay_s=DelayConfig(min=0, max=1)),
        late=DelayedConfig(share=0.01, delay_s=ranged),
        duplicates=DelayedConfig(share=0.001, delay_s=ranged),
        drops=DropsConfig(share=0.5),
    )
    rows = 1_000_000
    noise = draw_noise(config, 3, rows, Streams(1, "noise"))
    for kind, share in zip(NOISE_KINDS, config.shares, strict=True):
        count = len(noise.of(kind)[0])
        assert abs(count - rows * share) < 5 * np.sqrt(rows * share * (1 - share))
    assert noise.of("late")[1].min() >= 1_000_000
    assert noise.of("late")[1].max() < 2_000_000
    assert (noise.of("drop")[1] == 0).all()


def test_noise_and_clock_leave_the_fingerprint(tmp_path: Path) -> None:
    plain = load_recipe([*SIZE])[0]
    changed = load_recipe([*SIZE, *NOISE, "clock=realtime"])[0]
    assert plain.fingerprint == changed.fingerprint
    assert "noise" not in json.dumps(changed.content)


def test_shifted_times_are_shifted_everywhere(clean: list[Delivery]) -> None:
    day = 86_400_000_000
    shifted = deliver(prepared(), shift_us=day)
    for table, columns in (("transactions", ["time"]), ("episodes", ["first_time", "last_time"])):
        before, after = frame(clean, table), frame(shifted, table)
        for column in columns:
            assert (after[column] - before[column] == pd.Timedelta(days=1)).all()
        pd.testing.assert_frame_equal(after.drop(columns=columns), before.drop(columns=columns))
    view = "columns.fields=[{name: at, source: unix_time}, {name: since, source: time_s}]"
    before, after = (frame(deliver(prepared(view), shift_us=shift_us), "transactions") for shift_us in (0, day))
    assert (after["at"] - before["at"] == 86_400).all()
    assert (after["since"] == before["since"]).all()
