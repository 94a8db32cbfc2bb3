"""The contract of fraud patterns that claim genuine rows."""

import functools
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from synth.contracts.claimer import Claimer, Claims, Genuine
from synth.engine.components import Components
from synth.testing.bench import Size
from synth.testing.configs import ConfigChecks
from synth.testing.contract import Broken, Unjudged, rule
from synth.testing.control import control_of
from synth.testing.costs import require_no_loop, require_nothing_kept
from synth.testing.counting import count_lines, measure_memory
from synth.testing.leaking import LeakChecks
from synth.testing.purity import PurityChecks
from synth.testing.runs import frame_of, require_verified, write_and_read
from synth.testing.sameness import SamenessChecks
from synth.testing.uses import UseChecks

#: What a claim may change of a row.
_CLAIMED = ("amount", "amount_minor", "tid", "fraud_label", "scenario", "episode_id", "role")


class ClaimerContract(LeakChecks, UseChecks, PurityChecks, SamenessChecks, ConfigChecks):
    """What synth asks of a fraud pattern that claims genuine rows."""

    group: ClassVar[str] = "scenario"

    def exercise(self) -> None:
        """Makes the claimer, plans, and claims of every block."""
        components = self.bench.cast(self.size)
        self._claim(components, self._blocks(components))

    @rule
    def test_it_claims_something(self) -> None:
        """It claims genuine rows, and not all of them."""
        frame = frame_of(self.bench, self.size)
        claimed = int(frame.fraud_label.sum())
        if not 0 < claimed < len(frame):
            raise Broken(f"{claimed:,} of {len(frame):,} rows are claimed")

    @rule
    def test_another_seed_other_claims(self) -> None:
        """Another seed claims rows at other places of the run."""
        frames = [frame_of(self.bench, replace(self.size, seed=seed)) for seed in (1, 2)]
        claimed = [np.flatnonzero(frame.fraud_label) for frame in frames]
        if np.array_equal(claimed[0], claimed[1]):
            raise Broken(f"seeds 1 and 2 claim the same {len(claimed[0]):,} places in the run")

    @rule
    def test_verify_finds_nothing_wrong(self) -> None:
        """What synth verify checks holds for a run with this pattern, in blocks of any size."""
        for blocks in (self.size.blocks, 2 * self.size.blocks + 1):
            require_verified(write_and_read(self.bench, replace(self.size, blocks=blocks)))

    @rule
    def test_control_world_can_be_restored(self) -> None:
        """Rows that it leaves alone are those of the control world, and the labels tell what the others cost there."""
        written, control = write_and_read(self.bench, self.size), control_of(self.bench, self.size)
        rows, labels = written.tables["transactions"], written.tables["labels"]
        if len(rows) != len(control):
            raise Broken(f"{len(rows):,} rows, and {len(control):,} in the control world")
        before_t = rows.amount_minor.to_numpy().copy()
        before_t[labels.event_id.to_numpy()] = labels.amount_before_minor.to_numpy()
        shown = [column for column in control.columns if column not in _CLAIMED]
        restored = rows[shown].assign(amount_minor=before_t)
        same = (restored == control[restored.columns]) | (restored.isna() & control[restored.columns].isna())
        changed = np.flatnonzero(~same.all(axis=1))
        if changed.size:
            column = restored.columns[~same.iloc[changed[0]]][0]
            raise Broken(f"{changed.size:,} rows are not those of the control world", f"row {changed[0]}, {column}")

    @rule
    def test_what_it_is_given_stays(self) -> None:
        """It writes into none of the arrays that it is given."""
        components = self.bench.cast(self.size)
        blocks = self._blocks(components)
        for block, genuine in enumerate(blocks):
            for values in {**vars(genuine), **genuine.own}.values():
                if isinstance(values, np.ndarray):
                    values.setflags(write=False)
            try:
                self._claim(components, [genuine], block)
            except ValueError as error:
                if "read-only" not in str(error):
                    raise
                raise Broken("it writes into an array that it was given", f"block {block}") from error

    @rule
    def test_no_loop_over_rows(self) -> None:
        """Claiming runs no Python line a row."""
        casts = [self.bench.cast(Size(times=times)) for times in (1, 4)]
        blocks = [self._blocks(components) for components in casts]
        few, many = (sum(len(genuine.card_t) for genuine in made) for made in blocks)
        if many < 2 * few:
            raise Unjudged("the recipe does not grow with its cards and transactions")
        lines = [
            count_lines(self.bench.files, functools.partial(self._claim, components, made))
            for components, made in zip(casts, blocks, strict=True)
        ]
        require_no_loop(lines[0], lines[1], (few, many))

    @rule
    def test_memory_stays_flat_over_blocks(self) -> None:
        """Nothing is kept of the blocks that are done."""
        size = replace(self.size, blocks=30)
        components = self.bench.cast(size)
        claimer, blocks = self._claimer(components), self._blocks(components)
        targets = claimer.plan(components.context, streams=components.streams_of(self.bench.name))

        def work(first: int, end: int) -> None:
            for block in range(first, end):
                self._ask(components, claimer, targets, block, blocks[block])

        steps = [functools.partial(work, 0, 10), functools.partial(work, 10, 30)]
        require_nothing_kept(measure_memory(steps), sum(len(genuine.card_t) for genuine in blocks))

    def _claimer(self, components: Components) -> Claimer:
        return components.claimers[self.bench.name]

    def _claim(self, components: Components, blocks: list[Genuine], first: int = 0) -> None:
        claimer = self._claimer(components)
        list(claimer.problems(components.context))
        targets = claimer.plan(components.context, streams=components.streams_of(self.bench.name))
        for block, genuine in enumerate(blocks, first):
            self._ask(components, claimer, targets, block, genuine)

    def _ask(self, components: Components, claimer: Claimer, targets: Any, block: int, genuine: Genuine) -> Claims:
        return claimer.claim(targets, block, genuine, streams=components.streams_of(self.bench.name))

    def _blocks(self, components: Components) -> list[Genuine]:
        """The genuine rows of every block."""
        made, first = [], 0
        for block in range(len(components.blocks.rows_b)):
            rows = components.generator.generate(
                components.blocks, block, world=components.world, streams=components.genuine_streams
            )
            number_t = first + np.arange(len(rows.card_t))
            made.append(Genuine(number_t, rows.time_us_t, rows.card_t, rows.amount_minor_t, dict(rows.own)))
            first += len(number_t)
        return made
