"""The contract of fraud patterns."""

import functools
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from synth.arrays import Int64
from synth.contracts.injector import FraudEvents
from synth.testing.bench import Size
from synth.testing.configs import ConfigChecks
from synth.testing.contract import Broken, rule
from synth.testing.control import require_control_world
from synth.testing.costs import Load, require_flat_peak, require_linear_time, require_no_loop, require_nothing_kept
from synth.testing.counting import count_lines, measure_memory
from synth.testing.leaking import LEAK_EPISODES, LEAK_TIMES, LeakChecks
from synth.testing.planning import PlanChecks
from synth.testing.purity import PurityChecks
from synth.testing.runs import require_verified, write_and_read
from synth.testing.sameness import SamenessChecks
from synth.testing.scenes import grown, injector_of, plan_alone, rows_an_episode, with_episodes
from synth.testing.uses import UseChecks

#: Fraud rows of the smallest load: a square of them is a few megabytes, and sixteen times as much is far too many.
_LEAST_ROWS = 800


class InjectorContract(LeakChecks, UseChecks, PlanChecks, PurityChecks, SamenessChecks, ConfigChecks):
    """What synth asks of a fraud pattern."""

    group: ClassVar[str] = "scenario"

    @property
    def leak_size(self) -> Size:
        """A run with many episodes among many genuine rows."""
        return with_episodes(self.bench, LEAK_EPISODES, Size(times=LEAK_TIMES))

    def exercise(self) -> None:
        """Makes the injector, plans, serves every block, and checks the episodes."""
        components = self.bench.cast(self.size)
        injector, events = injector_of(self.bench, components), plan_alone(self.bench, components)
        list(injector.problems(components.context))
        for part in _in_parts(events, self.size.blocks):
            injector.inject(part)
        list(injector.check(components.context, events.take(np.lexsort((events.time_us_f, events.episode_f)))))

    @rule
    def test_another_seed_another_plan(self) -> None:
        """Another seed plans other times, victims and amounts."""
        other = plan_alone(self.bench, self.bench.cast(replace(self.size, seed=2)))
        for name, mine, theirs in zip(_DRAWN, _drawn(self.events), _drawn(other), strict=True):
            # A pattern may well set an amount or two of its own; what looks drawn has many values.
            looks_drawn = len(np.unique(mine)) > max(10, len(mine) // 4)
            if looks_drawn and np.array_equal(mine, theirs):
                raise Broken(f"seeds 1 and 2 plan the same {len(mine):,} {name}")

    @rule
    def test_any_block_size(self) -> None:
        """A run in blocks of another size is valid, too."""
        require_verified(write_and_read(self.bench, replace(self.size, blocks=2 * self.size.blocks + 1)))

    @rule
    def test_control_world_stays(self) -> None:
        """Mode add leaves every genuine row bit for bit; mode replace takes as many away as it adds."""
        modes = "mode" in self.bench.part_of(self.bench.composed.config)
        for size in [self.size.changed(mode=mode) for mode in ("add", "replace")] if modes else [self.size]:
            require_control_world(self.bench, size, dict(size.part).get("mode", ""))

    @rule
    def test_no_loop_over_rows(self) -> None:
        """Planning and injecting run no Python line a row."""
        small = with_episodes(self.bench, 400)
        large = grown(self.bench, small, 4)
        lines = [count_lines(self.bench.files, self._work(size)) for size in (small, large)]
        rows = tuple(self.bench.cast(size).context.rows for size in (small, large))
        require_no_loop(lines[0], lines[1], (rows[0], rows[1]))

    def _work(self, size: Size) -> Any:
        components = self.bench.cast(size)

        def work() -> None:
            injector, events = injector_of(self.bench, components), plan_alone(self.bench, components)
            for part in _in_parts(events, size.blocks):
                injector.inject(part)

        return work

    @rule
    def test_memory_grows_with_the_rows(self) -> None:
        """The memory of a plan grows with its rows, not with their square."""
        require_flat_peak(self._loads())

    @rule
    def test_time_grows_with_the_rows(self) -> None:
        """The time of a plan grows with its rows, not with their square."""
        require_linear_time(self._loads())

    def _loads(self) -> list[Load]:
        def make() -> list[Load]:
            smallest = with_episodes(self.bench, max(1, round(_LEAST_ROWS / rows_an_episode(self.events))))
            loads = []
            for times in (1, 4, 16, 64):
                size = grown(self.bench, smallest, times) if times > 1 else smallest
                components = self.bench.cast(size)
                rows = len(plan_alone(self.bench, components).time_us_f)
                loads.append(Load(rows, functools.partial(plan_alone, self.bench, components)))
            return loads

        return self.bench.keep("loads", make)

    @rule
    def test_memory_stays_flat_over_blocks(self) -> None:
        """Nothing is kept of the blocks that are done."""
        size = with_episodes(self.bench, 1000)
        components = self.bench.cast(size)
        injector, events = injector_of(self.bench, components), plan_alone(self.bench, components)
        parts = _in_parts(events, 30)

        def inject(some: list[FraudEvents]) -> None:
            for part in some:
                injector.inject(part.take(np.arange(len(part.time_us_f))))

        steps = [functools.partial(inject, some) for some in (parts[:10], parts[10:])]
        require_nothing_kept(measure_memory(steps), len(events.time_us_f))


_DRAWN = ("times", "starts of episodes", "cards", "amounts")


def _drawn(events: FraudEvents) -> tuple[Int64, ...]:
    """What a pattern draws, each sorted."""
    starts = np.full(int(events.episode_f.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(starts, events.episode_f, events.time_us_f)
    drawn = (events.time_us_f, starts, events.card_f, events.amount_minor_f)
    return tuple(np.sort(values) for values in drawn)


def _in_parts(events: FraudEvents, parts: int) -> list[FraudEvents]:
    """Events by time, in as many slices of it as there are blocks."""
    events = events.take(np.argsort(events.time_us_f, kind="stable"))
    edges = np.linspace(events.time_us_f[0], events.time_us_f[-1] + 1, parts + 1)[1:-1]
    return [
        events.take(rows)
        for rows in np.split(np.arange(len(events.time_us_f)), np.searchsorted(events.time_us_f, edges))
    ]
