"""The contract of generators."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from synth.amount import HIGHEST
from synth.contracts.entities import broken_entities
from synth.contracts.events import Events, IncompleteEvents, Keys
from synth.contracts.generator import BlockPlan, broken_own_columns, sort_code
from synth.engine.components import Components
from synth.testing.bench import Size, expected_rows
from synth.testing.configs import ConfigChecks
from synth.testing.contract import Broken, rule
from synth.testing.control import require_control_world
from synth.testing.costs import (
    Load,
    require_flat_peak,
    require_linear_time,
    require_no_loop,
    require_nothing_kept,
    require_same_peak,
)
from synth.testing.counting import count_lines, measure_memory
from synth.testing.habits import HabitChecks
from synth.testing.leaking import LEAK_TIMES, linted, require_no_finding
from synth.testing.purity import PurityChecks
from synth.testing.runs import require_verified, write_and_read
from synth.testing.sameness import SamenessChecks
from synth.timeline import US_PER_S


def plan_of(components: Components) -> BlockPlan:
    """What the generator plans."""
    return components.generator.plan(components.world, streams=components.genuine_streams)


def events_of(components: Components, plan: BlockPlan, block: int) -> Events:
    """The genuine events of one block."""
    return components.generator.generate(plan, block, world=components.world, streams=components.genuine_streams)


def keys_of(components: Components, plan: BlockPlan, block: int) -> Keys:
    """When and on which card they happen."""
    return components.generator.draw_keys(plan, block, world=components.world, streams=components.genuine_streams)


def completed(components: Components, plan: BlockPlan, events: Events) -> Any:
    """Events that the generator did not make, with its own columns; each an episode."""
    rows = len(events.card_t)
    keys = {name: getattr(events, name) for name in ("time_us_t", "card_t", "amount_minor_t")}
    bare = IncompleteEvents(**keys, episode_t=np.arange(rows), times_t=np.ones(rows), refused_t=np.zeros(rows))
    return components.generator.complete(plan, bare, world=components.world, streams=components.genuine_streams)


class BlockChecks(HabitChecks, ConfigChecks):
    """The blocks of a generator, one by one."""

    def blocks(self) -> Iterator[tuple[int, Events]]:
        """Every block with its number."""
        yield from enumerate(self.bench.keep("genuine", self._blocks))

    def _blocks(self) -> list[Events]:
        components = self.bench.cast(Size())
        plan = plan_of(components)
        return [events_of(components, plan, block) for block in range(len(plan.rows_b))]

    @rule
    def test_blocks_cover_the_window(self) -> None:
        """The plan's slices follow each other from the start of the window to its end."""
        components = self.bench.cast(Size())
        plan = plan_of(components)
        edges, timeline = plan.edge_s_b, components.world.timeline
        if len(edges) != len(plan.rows_b) + 1 or len(plan.quota_bk) != len(plan.rows_b):
            raise Broken(f"{len(edges)} edges and {len(plan.quota_bk)} quotas of {len(plan.rows_b)} blocks", "plan")
        if (edges[0], edges[-1]) != (timeline.start_s, timeline.end_s) or (np.diff(edges) <= 0).any():
            raise Broken(f"the edges go from {edges[0]} to {edges[-1]}, or not upwards", "column edge_s_b")

    @rule
    def test_rows_are_exact(self) -> None:
        """Each block has the rows that were planned, all of them together those that rows() tells."""
        components = self.bench.cast(Size())
        plan, total = plan_of(components), components.generator.rows()
        if total is not None and int(plan.rows_b.sum()) != total:
            raise Broken(f"{int(plan.rows_b.sum()):,} rows are planned, rows() tells {total:,}", "column rows_b")
        for block, events in self.blocks():
            if len(events.time_us_t) != plan.rows_b[block]:
                raise Broken(f"{len(events.time_us_t):,} rows instead of {plan.rows_b[block]:,}", f"block {block}")

    @rule
    def test_events_are_columns(self) -> None:
        """Events are int64 columns of one length."""
        for block, events in self.blocks():
            for name in ("time_us_t", "card_t", "amount_minor_t"):
                column = getattr(events, name)
                if column.dtype != np.int64 or column.shape != (len(events.time_us_t),):
                    raise Broken(f"it is {column.dtype} of shape {column.shape}", f"block {block}, column {name}")

    @rule
    def test_keys_are_sorted_and_distinct(self) -> None:
        """Events are sorted by time and card, and no two are in one second on one card."""
        for block, events in self.blocks():
            order = np.lexsort((events.card_t, events.time_us_t))
            if (np.diff(order) != 1).any():
                raise Broken("the events are not sorted", f"block {block}, row {int(np.argmax(np.diff(order) != 1))}")
            same = (np.diff(events.time_us_t // US_PER_S) == 0) & (np.diff(events.card_t) == 0)
            if same.any():
                row = int(np.argmax(same))
                raise Broken("two events share their second and card", f"block {block}, rows {row} and {row + 1}")

    @rule
    def test_keys_alone_are_the_same(self) -> None:
        """draw_keys returns the keys of generate."""
        components = self.bench.cast(Size())
        plan = plan_of(components)
        for block, events in self.blocks():
            keys = keys_of(components, plan, block)
            for name in ("time_us_t", "card_t"):
                if not np.array_equal(getattr(keys, name), getattr(events, name)):
                    raise Broken("draw_keys returns other values than generate", f"block {block}, column {name}")

    @rule
    def test_events_lie_in_their_block(self) -> None:
        """Every event lies in its block's slice of the window, on a whole second."""
        plan = plan_of(self.bench.cast(Size()))
        for block, events in self.blocks():
            first, last = plan.edge_s_b[block : block + 2] * US_PER_S
            wrong = (events.time_us_t < first) | (events.time_us_t >= last) | (events.time_us_t % US_PER_S != 0)
            if wrong.any():
                row = int(np.argmax(wrong))
                at = np.datetime64(int(events.time_us_t[row]), "us")
                raise Broken(f"{wrong.sum():,} events lie elsewhere, e.g. at {at}", f"block {block}, row {row}")

    @rule
    def test_events_name_what_exists(self) -> None:
        """Cards are of the population, amounts in range."""
        limits = {"card_t": self.bench.cast(Size()).world.cards, "amount_minor_t": HIGHEST * 100}
        for block, events in self.blocks():
            for name, below in limits.items():
                values = getattr(events, name)
                wrong = (values < 0) | (values >= below)
                if wrong.any():
                    message = (
                        f"{wrong.sum():,} values are outside 0 to {below - 1:,}, e.g. {values[np.argmax(wrong)]:,}"
                    )
                    raise Broken(message, f"block {block}, column {name}")

    @rule
    def test_own_columns_are_as_declared(self) -> None:
        """generate and complete fill every own column with its declared type, empty only where it is nullable."""
        components = self.bench.cast(Size())
        for block, events in self.blocks():
            rows = len(events.time_us_t)
            for name, own in (
                ("generate", events.own),
                ("complete", completed(components, plan_of(components), events).own),
            ):
                for message in broken_own_columns(components.generator.columns, own, rows):
                    raise Broken(f"{name}: {message}", f"block {block}")

    @rule
    def test_entities_are_as_declared(self) -> None:
        """The tables that come once have names of their own and columns of one length."""
        components = self.bench.cast(Size())
        for message in broken_entities(
            components.generator.entities(world=components.world, streams=components.genuine_streams)
        ):
            raise Broken(f"it makes {message}")

    @rule
    def test_another_seed_other_events(self) -> None:
        """Another seed makes other times, cards and amounts."""
        components = self.bench.cast(Size(seed=2))
        other = events_of(components, plan_of(components), 0)
        mine = next(events for _, events in self.blocks())
        cards = components.world.cards
        here, there = (sort_code(events.time_us_t, events.card_t, cards) for events in (mine, other))
        same = float(np.isin(here, there).mean())
        if same > 0.5:
            raise Broken(f"seeds 1 and 2 make {same:.0%} of the same times on the same cards", "block 0")
        rows = min(len(here), len(there))
        equal = float((mine.amount_minor_t[:rows] == other.amount_minor_t[:rows]).mean())
        if equal > 0.5 and len(np.unique(mine.amount_minor_t)) > 1:
            raise Broken(f"seeds 1 and 2 make {equal:.0%} of the same amounts", "block 0, column amount_minor_t")


class GeneratorContract(BlockChecks, PurityChecks, SamenessChecks):
    """What synth asks of a generator; its runs have card chains on top."""

    group: ClassVar[str] = "generator"
    needs: ClassVar[tuple[str, ...]] = (
        "scenario=[card_chain]",
        "scenario.card_chain.ratio=0.05",
        "scenario.card_chain.mode=add",
        "scenario.card_chain.follower_amount=run",
    )

    def exercise(self) -> None:
        """Makes the generator and every block, and completes events that others made."""
        components = self.bench.cast(Size())
        list(components.generator.problems(components.world))
        plan = plan_of(components)
        for block in range(len(plan.rows_b)):
            keys_of(components, plan, block)
            completed(components, plan, events_of(components, plan, block))
        components.generator.entities(world=components.world, streams=components.genuine_streams)

    @rule
    def test_verify_finds_nothing_wrong(self) -> None:
        """What synth verify checks holds for a run with card chains."""
        require_verified(write_and_read(self.bench, Size()))

    @rule
    def test_any_block_size(self) -> None:
        """A run in blocks of another size is valid, too."""
        require_verified(write_and_read(self.bench, Size(blocks=9)))

    @rule
    def test_control_world_stays(self) -> None:
        """Fraud on top leaves every genuine row bit for bit, own columns included."""
        require_control_world(self.bench, Size())

    @rule
    def test_completed_fraud_does_not_leak(self) -> None:
        """Card chains that it completes tell nothing but what they declare."""
        require_no_finding([*linted(self.bench, Size(times=LEAK_TIMES)).findings])

    @rule
    def test_no_loop_over_rows(self) -> None:
        """Planning, generating and completing run no Python line a row."""
        sizes = (Size(), Size(times=4))
        lines = [count_lines(self.bench.files, self._work(size)) for size in sizes]
        small, large = (expected_rows(self.bench.cast(size)) for size in sizes)
        require_no_loop(lines[0], lines[1], (small, large))

    def _work(self, size: Size) -> Callable[[], None]:
        components = self.bench.cast(size)

        def work() -> None:
            plan = plan_of(components)
            for block in range(len(plan.rows_b)):
                completed(components, plan, events_of(components, plan, block))

        return work

    @rule
    def test_memory_grows_with_the_rows(self) -> None:
        """The memory of a block grows with its rows, not with their square."""
        require_flat_peak(self._loads())

    @rule
    def test_time_grows_with_the_rows(self) -> None:
        """The time of a run grows with its rows, not with their square."""
        require_linear_time(self._loads())

    def _loads(self) -> list[Load]:
        def make() -> list[Load]:
            sizes = [Size(times=times, blocks=32) for times in (1, 4, 16)]
            return [Load(expected_rows(self.bench.cast(size)), self._work(size)) for size in sizes]

        return self.bench.keep("loads", make)

    @rule
    def test_memory_follows_the_block(self) -> None:
        """The memory of a block depends on its own rows, not on those of the run."""
        peaks = []
        for size in (Size(), replace(Size(times=4), blocks=16)):
            components = self.bench.cast(size)
            plan = plan_of(components)
            block = int(np.argmax(plan.rows_b))
            peaks.append(measure_memory([functools.partial(events_of, components, plan, block)]).peak)
        require_same_peak(peaks[0], peaks[1])

    @rule
    def test_memory_stays_flat_over_blocks(self) -> None:
        """Nothing is kept of the blocks that are done."""
        components = self.bench.cast(Size(blocks=30))
        plan = plan_of(components)

        def make(blocks: range) -> None:
            for block in blocks:
                events_of(components, plan, block)

        parts = range(10), range(10, len(plan.rows_b))
        memory = measure_memory([functools.partial(make, blocks) for blocks in parts])
        require_nothing_kept(memory, expected_rows(components))
