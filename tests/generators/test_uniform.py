"""The uniform generator: exact counts, distinct keys, flat distributions."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.amount import Bucket, BucketsConfig, make_law
from synth.contracts.events import Events, Keys
from synth.contracts.generator import BlockPlan, World, rows_with, sort_code
from synth.generators.uniform import UniformConfig, UniformGenerator, draw_rows
from synth.rng import URN_LIMIT, Streams
from synth.timeline import US_PER_S, Timeline

STREAMS = Streams(5, "generator")
LAW = make_law(BucketsConfig(buckets=[Bucket(share=0.25, low=1, high=2), Bucket(share=0.75, low=3, high=4)]))


def make_world(*, cards: int = 40, seconds: int = 86_400, start: int = 1_000_000, block_rows: int = 1000) -> World:
    return World(cards, Timeline(start, start + seconds), LAW, block_rows)


def make_blocks(transactions: int, world: World) -> tuple[BlockPlan, list[Events]]:
    generator = UniformGenerator(UniformConfig(transactions=transactions))
    plan = generator.plan(world, streams=STREAMS)
    return plan, [generator.generate(plan, b, world=world, streams=STREAMS) for b in range(len(plan.rows_b))]


@given(st.integers(1, 30), st.integers(2, 5000), st.floats(0, 1), st.integers(1, 500), st.integers(-(10**6), 10**10))
def test_counts_are_exact_and_keys_distinct_sorted_and_inside(
    cards: int, seconds: int, fill: float, block_rows: int, start: int
) -> None:
    world = make_world(cards=cards, seconds=seconds, start=start, block_rows=block_rows)
    transactions = max(1, round(fill * min(cards * seconds // 2, 2000)))
    plan, blocks = make_blocks(transactions, world)
    assert plan.rows_b.sum() == transactions
    assert [len(block.card_t) for block in blocks] == plan.rows_b.tolist()
    keys = []
    for block, (start_s, end_s) in zip(blocks, zip(plan.edge_s_b, plan.edge_s_b[1:], strict=False), strict=True):
        second_t, rest = np.divmod(block.time_us_t, US_PER_S)
        assert not rest.any()
        assert not len(second_t) or start_s <= second_t.min() <= second_t.max() < end_s
        keys += list(zip(second_t.tolist(), block.card_t.tolist(), strict=True))
    assert keys == sorted(set(keys))
    assert all(0 <= card < cards for _, card in keys)
    minor = np.concatenate([block.amount_minor_t for block in blocks])
    assert abs(np.count_nonzero(minor < 200) - transactions / 4) <= 0.5


@given(st.integers(1, 30), st.integers(1, 300))
def test_the_keys_alone_are_those_of_the_events(cards: int, block_rows: int) -> None:
    world = make_world(cards=cards, block_rows=block_rows)
    generator = UniformGenerator(UniformConfig(transactions=500))
    plan, blocks = make_blocks(500, world)
    for b, block in enumerate(blocks):
        keys: Keys = generator.draw_keys(plan, b, world=world, streams=STREAMS)
        assert keys.time_us_t.tolist() == block.time_us_t.tolist()
        assert keys.card_t.tolist() == block.card_t.tolist()


def test_times_and_cards_are_uniform_and_independent() -> None:
    """40,000 events over 24 hours x 10 cards: Pearson's statistic has 239 degrees of freedom, mean 239, variance 478.

    Six standard deviations above the mean is 370. Drawing without replacement and exact totals only lower it.
    """
    _, blocks = make_blocks(40_000, make_world(cards=10, start=0))
    cells = Counter(
        (second // 3600, card)
        for block in blocks
        for second, card in zip((block.time_us_t // US_PER_S).tolist(), block.card_t.tolist(), strict=True)
    )
    expected = 40_000 / 240
    assert len(cells) == 240
    assert sum((count - expected) ** 2 / expected for count in cells.values()) < 370


def test_rows_of_blocks_vary_as_those_of_independent_times() -> None:
    """100 blocks of 1,000 rows on average: a multinomial count has a standard deviation of sqrt(1,000 x 0.99) = 31.5.

    The sample deviation of 100 such counts is off by 31.5 / sqrt(200) = 2.2 in its turn: within 6 x 2.2 of 31.5.
    """
    plan, _ = make_blocks(100_000, make_world(cards=10**6, block_rows=1000))
    assert len(plan.rows_b) == 100
    assert abs(float(plan.rows_b.std()) - 31.5) < 13.4
    assert max(abs(int(n) - 1000) for n in plan.rows_b) < 6 * 31.5


@pytest.mark.parametrize("pairs", [400, URN_LIMIT])
def test_rows_are_dealt_exactly(pairs: int) -> None:
    rows_b = draw_rows(600, np.array([pairs, pairs, pairs]), rng=np.random.default_rng(0))
    assert rows_b.sum() == 600
    assert rows_b.max() <= pairs


@pytest.mark.parametrize(("cards", "seconds", "most"), [(1, 10, 5), (3, 5, 7), (50, 86_400, 2_160_000)])
def test_half_of_all_pairs_may_be_taken(cards: int, seconds: int, most: int) -> None:
    world = make_world(cards=cards, seconds=seconds)
    assert list(UniformGenerator(UniformConfig(transactions=most)).problems(world)) == []
    [problem] = UniformGenerator(UniformConfig(transactions=most + 1)).problems(world)
    assert problem.path == "transactions"
    assert f"{most + 1:,}" in problem.message
    assert f"at most {most:,}" in problem.allowed_in_words


def test_a_window_shorter_than_its_blocks() -> None:
    plan, blocks = make_blocks(60, make_world(cards=100, seconds=3, block_rows=2))
    assert len(plan.rows_b) == 3
    assert sum(len(block.card_t) for block in blocks) == 60


@given(st.lists(st.integers(0, 50), unique=True), st.lists(st.integers(0, 50)))
def test_rows_with_finds_the_wanted_codes(codes: list[int], wanted: list[int]) -> None:
    code_t = np.array(sorted(codes), dtype=np.int64)
    position, found = rows_with(code_t, np.array(wanted, dtype=np.int64))
    assert found.tolist() == [code in codes for code in wanted]
    assert [int(code_t[p]) for p in position[found]] == [code for code in wanted if code in codes]


@given(st.integers(1, 100), st.data())
def test_the_sort_code_sorts_as_second_and_card(cards: int, data: st.DataObject) -> None:
    keys = data.draw(st.lists(st.tuples(st.integers(-(10**10), 10**10), st.integers(0, cards - 1)), unique=True))
    second_t, card_t = (np.array([key[i] for key in keys], dtype=np.int64) for i in range(2))
    order = np.argsort(sort_code(second_t * US_PER_S, card_t, cards), kind="stable")
    assert [keys[i] for i in order] == sorted(keys)
    assert math.prod(order.shape) == len(keys)
