"""Blocks, made alone, and what lies on their edges."""

from itertools import pairwise

import numpy as np
from hypothesis import assume, event, given
from hypothesis import strategies as st

from synth.amount import Bucket, BucketsConfig, make_law
from synth.contracts.events import Events
from synth.contracts.generator import World, sort_code
from synth.errors import RefusedError
from synth.generators.clickstream.blocks import part_clicks
from synth.generators.clickstream.generator import ClickstreamGenerator
from synth.rng import Streams
from synth.timeline import US_PER_S, Timeline
from tests.generators.clickstream.shop import shop

STREAMS = Streams(5, "generator")
LAW = make_law(BucketsConfig(buckets=[Bucket(share=1.0, low=10, high=500)]))
START = 1_709_164_800  # 2024-02-29


def make_blocks(generator: ClickstreamGenerator, world: World) -> list[Events]:
    plan = generator.plan(world, streams=STREAMS)
    assert (plan.edge_s_b[0], plan.edge_s_b[-1]) == (world.timeline.start_s, world.timeline.end_s)
    blocks = [generator.generate(plan, b, world=world, streams=STREAMS) for b in range(plan.blocks)]
    assert [len(block.card_t) for block in blocks] == plan.rows_b.tolist()
    for block, (first, last) in zip(blocks, pairwise(plan.edge_s_b), strict=True):
        second_t = block.time_us_t // US_PER_S
        assert ((second_t >= first) & (second_t < last)).all()
        assert (np.diff(sort_code(block.time_us_t, block.card_t, world.cards)) > 0).all()
    return blocks


@given(
    st.integers(1, 30),
    st.integers(1, 30_000),
    st.floats(0, 1),
    st.integers(1, 500),
    st.integers(-(10**6), 10**10),
    st.integers(600, 8000),
)
def test_any_window_has_its_exact_rows(
    cards: int, seconds: int, fill: float, block_rows: int, start: int, longest_s: int
) -> None:
    world = World(cards, Timeline(start, start + seconds), LAW, block_rows)
    rows = max(1, round(fill * min(cards * seconds // 2, 2000)))
    generator = ClickstreamGenerator(shop(transactions=rows, longest_s=longest_s))
    assume(not list(generator.problems(world)))
    try:
        generator.plan(world, streams=STREAMS)
    except RefusedError as refused:
        event("refused")
        told = str(refused)
    else:
        event("made")
        assert sum(len(block.card_t) for block in make_blocks(generator, world)) == rows
        return
    assert "of the busiest customer do not fit into" in told


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2)), max_size=12))
def test_events_of_a_card_are_parted(events: list[tuple[int, int]]) -> None:
    second_t, card_t = (np.array([event[i] for event in events], dtype=np.int64) for i in range(2))
    moved_t = part_clicks(second_t, card_t, 12)
    assert ((moved_t >= 0) & (moved_t < 12)).all()
    for card in range(3):
        mine = np.flatnonzero(card_t == card)
        mine = mine[np.argsort(second_t[mine], kind="stable")]
        assert (np.diff(moved_t[mine]) > 0).all()
        if len(set(second_t[mine].tolist())) == len(mine):
            assert moved_t[mine].tolist() == second_t[mine].tolist()


def test_sessions_go_on_in_the_next_block() -> None:
    world = World(50, Timeline(START, START + 3 * 86_400), LAW, 800)
    blocks = make_blocks(ClickstreamGenerator(shop(transactions=20_000)), world)
    assert len(blocks) > 20
    found = [set(block.own["session_id"].tolist()) for block in blocks]
    shared = [len(here & there) for here, there in pairwise(found)]
    # a session takes 150 s on average, and there is one every 63 s: about two run over an edge at noon
    assert sum(shared) > len(shared)
    assert not any(here & there for here, there in zip(found, found[2:], strict=False))


def test_the_window_is_a_circle() -> None:
    """What runs over the end comes in at the start, under another id; so the first minutes are as busy as others."""
    world = World(500, Timeline(START, START + 6 * 3600), LAW, 10**6)
    flat = shop(transactions=40_000, hours=[1.0] * 24)
    [block] = make_blocks(ClickstreamGenerator(flat), world)
    ten_minutes = np.bincount((block.time_us_t // US_PER_S - START) // 600)
    # 40,000 rows in 36 parts, in sessions of five: six standard deviations of 1,111 are less than 6 sqrt(5 x 1,111 x 3)
    assert abs(ten_minutes - 40_000 / 36).max() < 775
    span_s = np.zeros(1 + int((session := np.unique(block.own["session_id"], return_inverse=True)[1]).max()))
    np.maximum.at(span_s, session, block.time_us_t / US_PER_S)
    first_s = np.full(len(span_s), np.inf)
    np.minimum.at(first_s, session, block.time_us_t / US_PER_S)
    assert (span_s - first_s).max() < 7200
