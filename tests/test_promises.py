"""The promises of a run, on small worlds: same bytes, control world, exact counts, total order, no leaks."""

import math
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from synth import run
from synth.engine.prepare import Prepared, prepare
from synth.errors import ConfigError, RefusedError
from synth.rng import Streams
from synth.timeline import US_PER_S
from tests.worlds import START, chain, digest_of, frame_of, make_recipe, tables_of

EXAMPLE_PLUGIN = Path(__file__).resolve().parent.parent / "plugins" / "examples" / "card_testing.py"
SMALL = ("generator.transactions=2000", "population.cards=30", "timeline.end=2022-01-03", "block_rows=300")
FRAUD = ("scenario=card_chain", "scenario.card_chain.ratio=0.05")
NATIVE = ["time", "card_id", "amount_minor"]

World = dict[str, Any]


@st.composite
def worlds(draw: st.DrawFn, *, scenarios: int = 2, modes: tuple[str, ...] = ("add", "replace")) -> World:
    """Arguments of ``make_recipe``, from minutes to days, with up to every fifth second of a card taken."""
    cards = draw(st.integers(1, 50))
    transactions = draw(st.integers(50, 2000) | st.just(3000))
    shortest = max(600, -(-5 * transactions // cards))
    return {
        "cards": cards,
        "transactions": transactions,
        "seconds": draw(st.integers(shortest, max(shortest, 3 * 86_400)) | st.just(shortest)),
        "block_rows": draw(st.integers(max(10, transactions // 40), 1000)),
        "seed": draw(st.integers(0, 2**63 - 1)),
        "amount": draw(st.sampled_from(["buckets", "lognormal", "gamma", "pareto", "mixture", "notebook_spans"])),
        "scenarios": {
            name: chain(
                ratio=draw(st.integers(20, 100)) / 1000,
                mode=draw(st.sampled_from(modes)),
                chain_length={"min": 1, "max": draw(st.integers(1, 6))},
                interval_s={"min": draw(st.integers(1, 5)), "max": draw(st.integers(5, 60))},
                follower_amount=draw(st.sampled_from(["small_first", "run"])),
            )
            for name in "ab"[: draw(st.integers(1, scenarios))]
        },
    }


def planned(world: World) -> Prepared:
    """The run of a world, where there is one: a crowded world may leave no room for its fraud."""
    try:
        return prepare(make_recipe(**world))
    except (ConfigError, RefusedError):
        assume(False)
        raise


def made(world: World) -> pd.DataFrame:
    return tables_of(planned(world))["transactions"]


def rows_of(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(frame[NATIVE].itertuples(index=False, name=None))


def fraud_rows(world: World) -> int:
    return sum(int(Decimal(str(s["ratio"])) * world["transactions"]) for s in world["scenarios"].values())


def added_rows(world: World) -> int:
    kept = {name: s for name, s in world["scenarios"].items() if s["mode"] == "add"}
    return fraud_rows(world | {"scenarios": kept})


properties = settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def test_most_worlds_have_room() -> None:
    """Guards the properties below, which pass over the worlds that are refused."""
    seen = Counter[bool]()

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(worlds())
    def look(world: World) -> None:
        try:
            prepare(make_recipe(**world))
        except (ConfigError, RefusedError):
            seen[False] += 1
        else:
            seen[True] += 1

    look()
    assert seen[True] > 2 * seen[False]


class TestSameBytes:
    @properties
    @given(worlds(), st.randoms(use_true_random=False))
    def test_the_order_of_blocks_does_not_matter(self, world: World, shuffler: Any) -> None:
        prepared = planned(world)
        blocks = list(range(len(prepared.plan.rows_b)))
        forward = digest_of(prepared)
        assert digest_of(prepared, reversed(blocks)) == forward
        shuffler.shuffle(blocks)
        assert digest_of(prepare(make_recipe(**world)), blocks) == forward

    @properties
    @given(worlds())
    def test_the_order_of_scenarios_does_not_matter(self, world: World) -> None:
        turned = world | {"scenarios": dict(reversed(world["scenarios"].items()))}
        assert digest_of(planned(world)) == digest_of(planned(turned))

    @properties
    @given(worlds(scenarios=1))
    def test_every_seed_makes_other_data(self, world: World) -> None:
        other = world | {"seed": world["seed"] ^ 1}
        assert digest_of(planned(world)) != digest_of(planned(other))

    @properties
    @given(worlds(), st.integers(1, 1000))
    def test_another_block_size_is_another_run_that_keeps_its_promises(self, world: World, block_rows: int) -> None:
        other = world | {"block_rows": max(block_rows, world["transactions"] // 40)}
        blocks = [-(-world["transactions"] // w["block_rows"]) for w in (world, other)]
        assume(blocks[0] != blocks[1])
        frame = made(other)
        assert rows_of(frame) != rows_of(made(world))
        assert len(frame) == world["transactions"] + added_rows(world)
        assert frame.fraud_label.sum() == fraud_rows(world)

    @pytest.mark.parametrize("sink", ["csv", "parquet", "jsonl"])
    @pytest.mark.parametrize("workers", [1, 2, 4])
    def test_sinks_and_workers_do_not_matter(self, sink: str, workers: int, tmp_path: Path) -> None:
        uri = f"sink.{sink}.uri={tmp_path}/out"
        result = run(*SMALL, *FRAUD, "columns=full", f"runner.workers={workers}", f"sink={sink}", uri)
        assert result.digest == run(*SMALL, *FRAUD, "columns=full", f"sink.parquet.uri={tmp_path}/reference").digest
        assert result.rows == 2000
        assert result.fraud_rows == 100

    def test_several_sinks_at_once(self, tmp_path: Path) -> None:
        several = run(
            *SMALL,
            *FRAUD,
            "sink=[csv,parquet,jsonl]",
            *(f"sink.{kind}.uri={tmp_path}/{kind}" for kind in ("csv", "parquet", "jsonl")),
        )
        alone = run(*SMALL, *FRAUD, "sink=csv", f"sink.csv.uri={tmp_path}/alone")
        assert [manifest["digest"] for manifest in several.manifests.values()] == [alone.digest] * 3
        assert (tmp_path / "csv" / "transactions.csv").read_bytes() == (
            tmp_path / "alone" / "transactions.csv"
        ).read_bytes()

    def test_a_plugin_that_is_not_used_does_not_matter(self, tmp_path: Path) -> None:
        results = [
            run(*SMALL, *FRAUD, f"sink.parquet.uri={tmp_path}/{i}", plugin_files=files)
            for i, files in enumerate([[], [EXAMPLE_PLUGIN]])
        ]
        assert results[0].digest == results[1].digest
        assert (tmp_path / "0" / "_manifest.json").read_bytes() == (tmp_path / "1" / "_manifest.json").read_bytes()

    def test_the_order_of_overrides_does_not_matter(self, tmp_path: Path) -> None:
        night = ("+scenario@scenario.night=card_chain", "scenario.night.ratio=0.1", "scenario.night.mode=add")
        there = run(*SMALL, *FRAUD, *night, f"sink.parquet.uri={tmp_path}/there")
        back = run(*night, *reversed((*SMALL, *FRAUD)), f"sink.parquet.uri={tmp_path}/back")
        assert there.digest == back.digest
        assert there.fraud_rows == 300

    def test_the_order_of_a_list_of_scenarios_does_not_matter(self, tmp_path: Path) -> None:
        own = tmp_path / "own" / "scenario"
        own.mkdir(parents=True)
        text = "# @package scenario.night\ndefaults: [card_chain@_here_]\nratio: 0.1\n"
        (own / "night.yaml").write_text(text, encoding="utf-8")
        digests = [
            run(*SMALL, f"scenario=[{order}]", f"sink.parquet.uri={tmp_path}/{i}", config_dirs=[own.parent]).digest
            for i, order in enumerate(["card_chain,night", "night,card_chain"])
        ]
        assert digests[0] == digests[1]

    def test_a_scenario_leaves_the_others_alone(self) -> None:
        """Another scenario moves no episode of this one unless they meet; here they have a year of room."""
        one, two = {"b": chain(ratio=0.02)}, {"b": chain(ratio=0.02), "c": chain(ratio=0.02)}
        alone, beside = (frame_of(make_recipe(scenarios=s, seconds=31_536_000, cards=1000)) for s in (one, two))
        assert rows_of(alone[alone.scenario == "b"]) == rows_of(beside[beside.scenario == "b"])


class TestControlWorld:
    @properties
    @given(worlds(modes=("add",)))
    def test_mode_add_leaves_every_genuine_row(self, world: World) -> None:
        frame, control = made(world), made(world | {"scenarios": {}})
        assert rows_of(frame[frame.fraud_label == 0]) == rows_of(control)

    @properties
    @given(worlds())
    def test_mode_replace_only_takes_genuine_rows_away(self, world: World) -> None:
        frame, control = made(world), made(world | {"scenarios": {}})
        genuine = rows_of(frame[frame.fraud_label == 0])
        taken = fraud_rows(world) - added_rows(world)
        assert len(genuine) == len(control) - taken
        assert set(genuine) <= set(rows_of(control))

    def crowded(self, mode: str) -> World:
        """One second in five is taken on each card: of 200 events some 40 meet a genuine one."""
        scenario = chain(ratio=0.1, mode=mode, chain_length={"min": 1, "max": 3}, interval_s={"min": 1, "max": 9})
        return {"cards": 5, "transactions": 2000, "seconds": 2000, "block_rows": 300, "scenarios": {"c": scenario}}

    def meetings(self, world: World) -> int:
        """Planned events, before they are settled, that fall on a genuine one."""
        prepared = prepare(make_recipe(**world))
        components = prepared.make_block.components
        [(name, injector)] = components.injectors.items()
        events = injector.plan(components.context, streams=Streams(components.seed, f"scenario/{name}"))
        control = made(world | {"scenarios": {}})
        taken = set(zip(control.time.astype("int64"), control.card_id, strict=True))
        return sum(key in taken for key in zip(events.time_us_f.tolist(), events.card_f.tolist(), strict=True))

    @pytest.mark.parametrize("mode", ["add", "replace"])
    def test_where_fraud_meets_genuine_events(self, mode: str) -> None:
        world = self.crowded(mode)
        assert self.meetings(world) > 10
        frame, control = made(world), made(world | {"scenarios": {}})
        genuine = rows_of(frame[frame.fraud_label == 0])
        if mode == "add":
            assert genuine == rows_of(control)
        else:
            assert set(genuine) < set(rows_of(control))
        assert not frame.duplicated(["time", "card_id"]).any()
        assert frame.fraud_label.sum() == 200

    def test_replaced_rows_meet_the_fraud_first(self) -> None:
        """A genuine event in the second and on the card of a fraud event is among those that give way."""
        world = self.crowded("replace")
        frame, control = made(world), made(world | {"scenarios": {}})
        fraud = frame[frame.fraud_label == 1]
        met = control.merge(fraud[["time", "card_id"]], on=["time", "card_id"])
        assert len(met) > 10
        assert not set(rows_of(met)) & set(rows_of(frame[frame.fraud_label == 0]))


class TestExactCounts:
    @properties
    @given(worlds())
    def test_rows_and_fraud_rows(self, world: World) -> None:
        frame = made(world)
        assert len(frame) == world["transactions"] + added_rows(world)
        for name, scenario in world["scenarios"].items():
            assert (frame.scenario == name).sum() == int(Decimal(str(scenario["ratio"])) * world["transactions"])
        assert frame.fraud_label.sum() == fraud_rows(world)

    @properties
    @given(worlds())
    def test_buckets_of_the_control_world(self, world: World) -> None:
        control = made(world | {"scenarios": {}, "amount": "buckets"})
        shares, edges = (0.05, 0.075, 0.525, 0.25, 0.10), [0.01, 1, 10, 100, 1000, 10_000]
        counts = np.histogram(control.amount, edges)[0]
        assert counts.sum() == len(control) == world["transactions"]
        assert all(abs(n - world["transactions"] * share) < 1 for n, share in zip(counts, shares, strict=True))

    @properties
    @given(worlds())
    def test_labels_and_episodes_tell_the_same_truth(self, world: World) -> None:
        tables = tables_of(planned(world))
        fraud = tables["transactions"].query("fraud_label == 1")
        labels = tables["labels"]
        shown = ["event_id", "tid", "scenario", "episode_id", "role"]
        assert (
            labels[shown].astype(str).values.tolist()
            == fraud[shown].astype({"episode_id": "int64"}).astype(str).values.tolist()
        )
        episodes = tables["episodes"]
        assert episodes.episode_id.tolist() == list(range(len(episodes)))
        assert episodes.first_time.is_monotonic_increasing
        grouped = fraud.groupby("episode_id")
        assert episodes.events.tolist() == grouped.size().tolist()
        assert episodes.amount_minor.tolist() == grouped.amount_minor.sum().tolist()
        assert episodes.first_time.tolist() == grouped.time.min().tolist()
        assert episodes.last_time.tolist() == grouped.time.max().tolist()
        assert episodes.card_number.tolist() == grouped.card_number.first().tolist()
        assert episodes.scenario.tolist() == grouped.scenario.first().tolist()


class TestTotalOrder:
    @properties
    @given(worlds())
    def test_sorted_by_time_and_card_inside_the_window(self, world: World) -> None:
        frame = made(world)
        keys = list(zip(frame.time.astype("int64"), frame.card_id, strict=True))
        assert keys == sorted(set(keys))
        start = int(START.timestamp()) * US_PER_S
        assert start <= keys[0][0]
        assert keys[-1][0] < start + world["seconds"] * US_PER_S
        assert frame.event_id.tolist() == list(range(len(frame)))
        assert frame.tid.is_unique
        assert (frame.amount_minor > 0).all()
        assert frame.card_id.between(0, world["cards"] - 1).all()

    @properties
    @given(worlds())
    def test_no_episode_overlaps_another_on_its_card(self, world: World) -> None:
        fraud = made(world).query("fraud_label == 1")
        spans = fraud.groupby("episode_id").agg(card=("card_id", "first"), first=("time", "min"), last=("time", "max"))
        for _, on_card in spans.sort_values("first").groupby("card"):
            assert (on_card["first"].iloc[1:].to_numpy() > on_card["last"].iloc[:-1].to_numpy()).all()
        assert (fraud.groupby("episode_id").card_id.nunique() == 1).all()


def two_samples(fraud: pd.Series, genuine: pd.Series) -> float:
    """How far two samples' frequencies lie apart: Pearson's statistic in standard deviations above its mean.

    With c categories it has c - 1 degrees of freedom, that mean, and twice that variance. Where nothing leaks it
    exceeds 6 for fewer than 2 in 10,000 seeds.
    """
    table = pd.concat([fraud.value_counts(), genuine.value_counts()], axis=1).fillna(0).to_numpy(dtype=float)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    freedom = len(table) - 1
    return float((((table - expected) ** 2 / expected).sum() - freedom) / math.sqrt(2 * freedom))


@pytest.fixture(scope="module", params=["add", "replace"])
def frame(request: pytest.FixtureRequest) -> pd.DataFrame:
    """100,000 rows, a fifth of them fraud of the run's own amount law, in two days of busy seconds."""
    scenario = chain(ratio=0.2, mode=request.param, follower_amount="run")
    recipe = make_recipe(
        scenarios={"c": scenario}, cards=2000, transactions=100_000, block_rows=7000, seconds=200_000, seed=3
    )
    return frame_of(recipe)


class TestNoLeaks:
    """What a detector sees says nothing that the amount law and the clustering in time do not say."""

    def split(self, frame: pd.DataFrame, values: pd.Series) -> tuple[pd.Series, pd.Series]:
        return values[frame.fraud_label == 1], values[frame.fraud_label == 0]

    @pytest.mark.parametrize("place", [0, 1, 15, 30, 31])
    def test_digits_of_the_id(self, frame: pd.DataFrame, place: int) -> None:
        assert two_samples(*self.split(frame, frame.tid.str[place])) < 6

    @pytest.mark.parametrize("modulus", [2, 5, 10, 25, 100])
    def test_cents(self, frame: pd.DataFrame, modulus: int) -> None:
        assert two_samples(*self.split(frame, frame.amount_minor % modulus)) < 6

    @pytest.mark.parametrize("modulus", [2, 10, 60])
    def test_seconds_of_the_minute(self, frame: pd.DataFrame, modulus: int) -> None:
        """Heads only: the followers of a chain are not independent of it."""
        head, genuine = frame.role == "head", frame.fraud_label == 0
        second = frame.time.astype("int64") // US_PER_S % modulus
        assert two_samples(second[head], second[genuine]) < 6

    def test_place_among_equal_seconds(self, frame: pd.DataFrame) -> None:
        """Of a fraud and a genuine event in one second either comes first: n halves, standard deviation sqrt(n) / 2."""
        pairs = frame.groupby("time").fraud_label.agg(["size", "sum", "first"])
        pairs = pairs[(pairs["size"] == 2) & (pairs["sum"] == 1)]
        assert len(pairs) > 3000
        assert abs(pairs["first"].sum() - len(pairs) / 2) < 5 * math.sqrt(len(pairs)) / 2

    def test_place_in_the_run(self, frame: pd.DataFrame) -> None:
        """Heads lie in every twentieth of the run alike."""
        part = frame.event_id * 20 // len(frame)
        assert two_samples(part[frame.role == "head"], part[frame.fraud_label == 0]) < 6

    def test_digits_of_the_card_number(self, frame: pd.DataFrame) -> None:
        """Heads only. One of 2,000 cards at random: its last digits say no more than those of a genuine row."""
        digit = frame.card_number.str[-1]
        assert two_samples(digit[frame.role == "head"], digit[frame.fraud_label == 0]) < 6

    def test_only_truth_is_ever_missing(self, frame: pd.DataFrame) -> None:
        truth = ["scenario", "episode_id", "role"]
        assert not frame.drop(columns=truth).isna().any().any()
        assert (frame[truth].isna().all(axis=1) == (frame.fraud_label == 0)).all()
        assert (frame[truth].isna().any(axis=1) == (frame.fraud_label == 0)).all()

    def test_the_checks_find_a_leak(self, frame: pd.DataFrame) -> None:
        """Fraud amounts that were multiplied by five after they were rounded give themselves away."""
        leaking = frame.amount_minor.where(frame.fraud_label == 0, frame.amount_minor * 5)
        assert two_samples(*self.split(frame, leaking % 10)) > 100

    def test_texts_are_printed_alike(self, tmp_path: Path) -> None:
        """Every row of the CSV file has one form, whatever its label."""
        run(*SMALL, *FRAUD, "sink=csv", f"sink.csv.uri={tmp_path}/out")
        lines = pd.read_csv(tmp_path / "out" / "transactions.csv", dtype=str)
        assert lines.fraud_label.value_counts().to_dict() == {"0": 1900, "1": 100}
        assert lines.datetime.str.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d").all()
        assert lines.tid.str.fullmatch("[0-9a-f]{32}").all()
        assert lines.cc_num.str.fullmatch(r"4\d{15}").all()
        assert (lines.amount == (lines.amount.astype(float)).map(repr)).all()
