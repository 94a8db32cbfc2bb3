"""The contract of amount laws."""

import functools
import math
from collections.abc import Callable
from typing import ClassVar

import numpy as np

from synth.amount import HIGHEST, AmountLaw
from synth.arrays import Int64
from synth.leaks.odds import Counts, log_bins
from synth.rng import Streams
from synth.testing.bench import Size
from synth.testing.configs import ConfigChecks
from synth.testing.contract import Broken, Unjudged, rule
from synth.testing.costs import Load, require_flat_peak, require_linear_time, require_no_loop
from synth.testing.counting import count_lines
from synth.testing.purity import PurityChecks
from synth.testing.runs import require_verified, write_and_read
from synth.testing.sameness import SamenessChecks

#: The blocks for which a law plans.
_ROWS_B = np.array([3_000, 0, 1, 7_000])
_ROWS = 20_000
_BINS = 20

#: Two samples differ where one law gives them in fewer than one of a million runs of the kit.
_ALARM = 1e-6


def _rng(purpose: str, seed: int = 1) -> "np.random.Generator":
    return Streams(seed, "testing").draw(purpose)


class AmountContract(PurityChecks, SamenessChecks, ConfigChecks):
    """What synth asks of an amount law."""

    group: ClassVar[str] = "amount"

    def law(self) -> AmountLaw:
        """A fresh law."""
        law: AmountLaw = self.bench.own(self.bench.recipe(Size())).make()
        return law

    def exercise(self) -> None:
        """Makes the law, plans and draws."""
        law = self.law()
        quota_bk = law.plan(_ROWS_B, rng=_rng("plan"))
        for rows, quota in zip(_ROWS_B, quota_bk, strict=True):
            law.draw(int(rows), rng=_rng("draw"), quota=quota)
        law.draw(_ROWS, rng=_rng("draw"))

    def _planned(self, rows_b: Int64) -> Int64:
        return self.law().plan(rows_b, rng=_rng("plan"))

    def _by_quota(self, rows: int, purpose: str = "draw") -> Int64:
        """Amounts of one block that is the whole run."""
        quota = self._planned(np.array([rows]))[0]
        return self.law().draw(rows, rng=_rng(purpose), quota=quota)

    @rule
    def test_amounts_are_int64_in_range(self) -> None:
        """A draw is one int64 amount a row, in minor units, from 0 to below the highest amount."""
        for how, minor in (
            ("without a quota", self.law().draw(_ROWS, rng=_rng("draw"))),
            ("by quota", self._by_quota(_ROWS)),
        ):
            if minor.dtype != np.int64 or minor.shape != (_ROWS,):
                raise Broken(f"{minor.dtype} of shape {minor.shape}, not int64 of shape ({_ROWS},)", how)
            wrong = np.flatnonzero((minor < 0) | (minor >= HIGHEST * 100))
            if wrong.size:
                message = f"{wrong.size:,} amounts outside 0 to {HIGHEST * 100 - 1:,}, e.g. {minor[wrong[0]]:,}"
                raise Broken(message, f"{how}, row {wrong[0]}")

    @rule
    def test_no_rows_no_amounts(self) -> None:
        """A block without rows gets no amounts, and plans for it."""
        law = self.law()
        quota = law.plan(np.array([0, 5]), rng=_rng("plan"))
        for how, minor in (
            ("by quota", law.draw(0, rng=_rng("draw"), quota=quota[0])),
            ("without", law.draw(0, rng=_rng("draw"))),
        ):
            if len(minor):
                raise Broken(f"{len(minor)} amounts for no row", how)

    @rule
    def test_same_stream_same_amounts(self) -> None:
        """The same stream draws the same amounts, another one others."""
        first, again = (self.law().draw(_ROWS, rng=_rng("draw")) for _ in range(2))
        if not np.array_equal(first, again):
            raise Broken("the same stream draws other amounts", f"row {int(np.argmax(first != again))}")
        other = self.law().draw(_ROWS, rng=_rng("draw", seed=2))
        if len(np.unique(first)) > 1 and np.array_equal(first, other):
            raise Broken("another stream draws the same amounts")

    @rule
    def test_quotas_add_up(self) -> None:
        """Quotas are whole numbers that sum to the rows of each block, and over the run to the same for any blocks."""
        quota_bk = self._planned(_ROWS_B)
        if quota_bk.ndim != 2 or len(quota_bk) != len(_ROWS_B) or quota_bk.dtype != np.int64 or (quota_bk < 0).any():
            raise Broken(f"{quota_bk.dtype} of shape {quota_bk.shape}, not ({len(_ROWS_B)}, k) int64", "quotas")
        if not quota_bk.shape[1]:
            return
        wrong = np.flatnonzero(quota_bk.sum(axis=1) != _ROWS_B)
        if wrong.size:
            message = f"a quota of {quota_bk[wrong[0]].sum():,} for {_ROWS_B[wrong[0]]:,} rows"
            raise Broken(message, f"block {wrong[0]}")
        whole = self._planned(np.array([_ROWS_B.sum()]))[0]
        if not np.array_equal(quota_bk.sum(axis=0), whole):
            message = f"{quota_bk.sum(axis=0).tolist()} over {len(_ROWS_B)} blocks, {whole.tolist()} in one"
            raise Broken(message, "sums of the quotas")

    @rule
    def test_draws_keep_their_quota(self) -> None:
        """Other quotas draw other amounts."""
        parts = self._planned(_ROWS_B).shape[1]
        if parts < 2:
            raise Unjudged("the law plans no quotas")
        drawn = []
        for part in (0, parts - 1):
            quota = np.zeros(parts, dtype=np.int64)
            quota[part] = 1000
            drawn.append(np.sort(self.law().draw(1000, rng=_rng("draw"), quota=quota)))
        if np.array_equal(drawn[0], drawn[1]):
            raise Broken(f"the amounts are the same with all rows in part 0 and in part {parts - 1}")

    @rule
    def test_quota_or_not_is_one_law(self) -> None:
        """Amounts drawn without a quota, as fraud's are, follow the law of those drawn by quota."""
        self._require_alike(self.law().draw(_ROWS, rng=_rng("free")), self._by_quota(_ROWS), "drawn without a quota")

    @rule
    def test_order_is_random(self) -> None:
        """The amounts of a block stand in random order."""
        minor = self._by_quota(2 * _ROWS)
        self._require_alike(minor[:_ROWS], minor[_ROWS:], "in the first half")

    def _require_alike(self, some: Int64, others: Int64, which: str) -> None:
        edges = np.unique(np.quantile(np.concatenate([some, others]), np.arange(1, _BINS) / _BINS))
        k, other_k = (
            np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
            for values in (some, others)
        )
        log_odds, worst = log_bins(Counts(k[None], other_k[None]))
        if log_odds + math.log(len(k)) < math.log(_ALARM):
            share, other = k[worst] / len(some), other_k[worst] / len(others)
            low = f"from {edges[worst - 1]:,.0f} on" if worst else f"below {edges[0]:,.0f}"
            raise Broken(f"{share:.1%} of the amounts {which} lie in the bin {low}, {other:.1%} of the others")

    @rule
    def test_verify_finds_nothing_wrong(self) -> None:
        """What synth verify checks holds for a run with this law."""
        require_verified(write_and_read(self.bench, Size()))

    @rule
    def test_no_loop_over_rows(self) -> None:
        """Planning and drawing run no Python line a row."""
        small, large = (count_lines(self.bench.files, self._work(rows)) for rows in (_ROWS, 4 * _ROWS))
        require_no_loop(small, large, (_ROWS, 4 * _ROWS))

    @rule
    def test_memory_grows_with_the_rows(self) -> None:
        """The memory of a draw grows with its rows, not with their square."""
        require_flat_peak(self._loads())

    @rule
    def test_time_grows_with_the_rows(self) -> None:
        """The time of a draw grows with its rows, not with their square."""
        require_linear_time(self._loads())

    def _work(self, rows: int) -> Callable[[], object]:
        return functools.partial(self._by_quota, rows)

    def _loads(self) -> list[Load]:
        def make() -> list[Load]:
            return [Load(rows, self._work(rows)) for rows in (600, 2_400, 9_600, 38_400)]

        return self.bench.keep("loads", make)
