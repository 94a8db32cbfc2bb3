"""generator=handbook against the published figures, and against an implementation of its own."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

import synth
from synth.arrays import Int64
from tests.generators.spending.handbook import Handbook, simulate

WORLD = ("population=handbook", "generator=handbook", "columns=spending", "timeline.start=2018-04-01")
CUSTOMERS, TERMINALS, DAYS, SIDE = 1500, 3000, 40, 55


@pytest.fixture(scope="module")
def ours() -> pd.DataFrame:
    return synth.generate(
        *WORLD,
        "timeline.end=2018-05-11",
        f"population.cards={CUSTOMERS}",
        f"population.customers.number={CUSTOMERS}",
        f"population.merchants.number={TERMINALS}",
        f"population.merchants.terminals={TERMINALS}",
        f"population.grid.side_km={SIDE}",
        "block_rows=20000",
        "seed=11",
    )


@pytest.fixture(scope="module")
def theirs() -> Handbook:
    return simulate(customers=CUSTOMERS, terminals=TERMINALS, days=DAYS, side=SIDE, radius=5, seed=5)


def seconds(frame: pd.DataFrame) -> Int64:
    since = (frame.time - pd.Timestamp("2018-04-01", tz="UTC")) // pd.Timedelta(seconds=1)
    return np.asarray(since, dtype=np.int64)


def distance(one: npt.ArrayLike, other: npt.ArrayLike) -> tuple[float, float]:
    """The two-sample statistic of Kolmogorov and Smirnov, and a bound that two samples of one law exceed once in a
    million times: sqrt(ln(2 / 1e-6) / 2) sqrt((n + m) / (n m)).
    """
    a, b = np.sort(np.asarray(one, dtype=float)), np.sort(np.asarray(other, dtype=float))
    at = np.concatenate([a, b])
    apart = np.abs(np.searchsorted(a, at, "right") / len(a) - np.searchsorted(b, at, "right") / len(b)).max()
    return float(apart), float(np.sqrt(np.log(2e6) / 2 * (len(a) + len(b)) / (len(a) * len(b))))


class TestAgainstAnother:
    def test_rows(self, ours: pd.DataFrame, theirs: Handbook) -> None:
        # Rates are uniform on (0, 4): sd 1.155; a run's rows have an sd of 1.155 x 40 x sqrt(1500) x 0.969 = 1,733, and
        # the difference of two of sqrt(2) times as much; six of these
        assert abs(len(ours) - len(theirs.amount)) < 6 * 1733 * 2**0.5

    def test_seconds_of_the_day(self, ours: pd.DataFrame, theirs: Handbook) -> None:
        apart, bound = distance(seconds(ours) % 86_400, np.array(theirs.second) % 86_400)
        assert apart < bound

    def test_days(self, ours: pd.DataFrame, theirs: Handbook) -> None:
        apart, bound = distance(seconds(ours) // 86_400, np.array(theirs.second) // 86_400)
        assert apart < bound

    def test_purchases_of_a_customer(self, ours: pd.DataFrame, theirs: Handbook) -> None:
        mine, others = (np.bincount(c, minlength=CUSTOMERS) for c in (ours.customer_id, theirs.customer))
        apart, bound = distance(mine, others)
        assert apart < bound

    def test_mean_amount_of_a_customer(self, ours: pd.DataFrame, theirs: Handbook) -> None:
        mine = ours.groupby("customer_id").amount.agg(["mean", "size"])
        others = pd.DataFrame({"c": theirs.customer, "a": theirs.amount}).groupby("c").a.agg(["mean", "size"])
        apart, bound = distance(mine["mean"][mine["size"] > 20], others["mean"][others["size"] > 20])
        assert apart < bound

    def test_amounts_against_the_customers_mean(self, ours: pd.DataFrame, theirs: Handbook) -> None:
        """The shape of the law: purchases of busy customers, as a share of the customer's own mean."""
        shapes = []
        for customer, amount in ((ours.customer_id, ours.amount), (theirs.customer, theirs.amount)):
            frame = pd.DataFrame({"c": np.asarray(customer), "a": np.asarray(amount)})
            grouped = frame.groupby("c").a
            shapes.append((frame.a / grouped.transform("mean"))[grouped.transform("size") > 100])
        apart, bound = distance(*shapes)
        assert apart < bound

    def test_terminals_of_a_customer(self, ours: pd.DataFrame, theirs: Handbook) -> None:
        """Who buys often sees most of the terminals in reach."""
        counts = []
        for customer, terminal in ((ours.customer_id, ours.terminal_id), (theirs.customer, theirs.terminal)):
            frame = pd.DataFrame({"c": np.asarray(customer), "t": np.asarray(terminal)})
            grouped = frame.groupby("c").t
            counts.append(grouped.nunique()[grouped.size() > 60])
        apart, bound = distance(*counts)
        assert apart < bound


def test_terminals_are_in_reach() -> None:
    from synth.config.recipe import load_recipe
    from synth.engine.prepare import prepare

    recipe, _, _ = load_recipe([*WORLD, "timeline.end=2018-04-03"])
    prepared = prepare(recipe)
    people = prepared.make_block.components.world.population
    assert people is not None
    rows = prepared.make_block(0).batches["transactions"].native.to_pandas()
    homes, terminals = people.customers, people.terminals
    apart = np.hypot(
        homes.x_u[rows.customer_id] - terminals.x_p[rows.terminal_id],
        homes.y_u[rows.customer_id] - terminals.y_p[rows.terminal_id],
    )
    assert len(rows) > 15_000
    assert apart.max() < 5
    assert (people.terminals.merchant_p[rows.terminal_id] == rows.merchant_id).all()
    # uniform over a disc: the mean distance is two thirds of the radius, but for the square's edges
    assert 3.2 < apart.mean() < 3.4


@pytest.mark.slow
def test_the_published_figures() -> None:
    """Amount mean 53.63, median 44.64, p99 171.59; 17.4 % before 7 o'clock; 9,582 rows a day; 4,990 customers.

    Means over customers vary with their rates and mean amounts: the mean amount has a standard deviation of about
    27.4 x 1.155 / 2 / sqrt(5000) = 0.45 around 52.5 and more; published figures are one draw, and so are these.
    """
    frame = synth.generate(*WORLD, "timeline.end=2018-10-01")
    assert abs(len(frame) / 1_773_686 - 1) < 0.025
    assert abs(frame.amount.mean() - 53.63) < 6 * 0.5
    assert abs(frame.amount.median() - 44.64) < 3
    assert abs(frame.amount.quantile(0.99) - 171.59) < 5
    assert abs((frame.time.dt.hour <= 6).mean() - 0.174) < 0.003
    assert frame.customer_id.nunique() > 4950
    assert frame.terminal_id.nunique() == 10_000
    daily = frame.groupby(frame.time.dt.date).size()
    assert len(daily) == 183
    # Poisson around the mean: six standard deviations of some 9,700 rows
    assert abs(daily - daily.mean()).max() < 6 * 9700**0.5
