"""The vocabulary of fraud patterns in a world of people: who, where, for how much, and in which words."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from synth.arrays import Int64
from synth.config.recipe import load_recipe
from synth.contracts.context import PlanContext
from synth.contracts.population import Population
from synth.engine.prepare import make_components
from synth.errors import RefusedError
from synth.injectors.choices import draw_some
from synth.injectors.episodes import Episodes
from synth.rng import Streams
from tests.chi_square import chi_square, far

WORLD = (
    *("population=retail_us", "population.cards=600", "population.customers.number=500", "generator=spending"),
    *("population.merchants.number=900", "population.merchants.terminals=1200", "population.cities.number=6"),
    "timeline.end=2022-03-01",
)


@pytest.fixture(scope="module")
def world() -> PlanContext:
    return make_components(load_recipe(list(WORLD))[0]).context


@pytest.fixture(scope="module")
def people(world: PlanContext) -> Population:
    assert world.population is not None
    return world.population


def episodes(world: PlanContext, lengths: Int64) -> Episodes:
    return Episodes(world, Streams(7, "test"), ("buy",), lengths)


class TestVictims:
    def test_who_uses_a_card_more_is_hit_more(self, world: PlanContext) -> None:
        expected_c = world.known_habits.expected_c
        cards = episodes(world, np.full(30_000, 1)).victims()
        wanted = {card: 30_000 * share for card, share in enumerate((expected_c / expected_c.sum()).tolist()) if share}
        assert chi_square(Counter(cards.tolist()), wanted) < far(len(wanted))

    def test_cards_alike_where_the_pattern_says_so(self, world: PlanContext) -> None:
        cards = episodes(world, np.full(30_000, 1)).victims(by="uniform")
        assert chi_square(Counter(cards.tolist()), dict.fromkeys(range(600), 50)) < far(600)

    def test_distinct_ones_are_busy_and_in_no_order(self, world: PlanContext) -> None:
        expected_c = world.known_habits.expected_c
        cards = episodes(world, np.full(150, 1)).victims(distinct=True)
        assert len(np.unique(cards)) == 150
        assert expected_c[cards].mean() > 1.3 * expected_c.mean()
        assert abs(np.corrcoef(expected_c[cards], np.arange(150))[0, 1]) < 6 / np.sqrt(150)

    def test_only_eligible_ones_in_proportion(self, world: PlanContext) -> None:
        expected_c = world.known_habits.expected_c
        busiest = np.argsort(expected_c)[-2:]
        counts = Counter(episodes(world, np.full(4000, 1)).victims(eligible=busiest).tolist())
        share = expected_c[busiest] / expected_c[busiest].sum()
        assert chi_square(counts, dict(zip(busiest.tolist(), (4000 * share).tolist(), strict=True))) < far(2)

    def test_cards_that_nobody_uses_are_not_chosen(self, world: PlanContext) -> None:
        idle = replace(world.known_habits, expected_c=np.append(np.ones(3), np.zeros(597)))
        laid = episodes(replace(world, habits=idle), np.full(4, 1))
        assert set(laid.victims().tolist()) <= {0, 1, 2}
        with pytest.raises(RefusedError, match="4 episodes on different cards cannot be chosen from 3 eligible cards"):
            laid.victims(distinct=True)

    def test_weights_without_putting_back_are_those_of_one_draw_after_the_other(self) -> None:
        weight = np.array([4.0, 2.0, 1.0, 1.0])
        pairs = Counter[int]()
        for seed in range(4000):
            rng = np.random.default_rng(seed)
            first = draw_some(2, 4, weight, distinct=True, rng=rng, what="card")
            pairs.update([int(first.min()) * 4 + int(first.max())])
        chance = weight / weight.sum()
        expected = {
            a * 4 + b: 4000 * float(chance[a] * chance[b] * (1 / (1 - chance[a]) + 1 / (1 - chance[b])))
            for a in range(4)
            for b in range(a + 1, 4)
        }
        assert chi_square(pairs, expected) < far(6)


class TestTerminals:
    def test_the_busy_ones_more_often(self, world: PlanContext) -> None:
        expected_p = world.shopping.expected_at_terminals()
        counts = np.bincount(episodes(world, np.full(60_000, 1)).terminals(), minlength=1200)
        assert np.corrcoef(counts, expected_p)[0, 1] > 0.99

    def test_distinct_and_eligible(self, world: PlanContext) -> None:
        some = np.flatnonzero(world.shopping.expected_at_terminals() > 0)[:40]
        assert set(episodes(world, np.full(40, 1)).terminals(distinct=True, eligible=some).tolist()) == set(some)


class TestShop:
    def km(self, people: Population, a: Int64, b: Int64) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        p = people.terminals
        return np.hypot(p.x_p[a] - p.x_p[b], p.y_p[a] - p.y_p[b])

    def test_a_category_by_name_or_by_event(self, world: PlanContext, people: Population) -> None:
        laid = episodes(world, np.full(300, 2))
        card, sold_p = laid.victims(), people.merchants.category_m[people.terminals.merchant_p]
        fuel, grocery = (laid.code("category", name) for name in ("fuel", "grocery"))
        assert (sold_p[laid.shop("fuel", card=card)] == fuel).all()
        both = np.where(laid.first_f, fuel, grocery)
        assert (sold_p[laid.shop(both, card=card)] == both).all()

    @pytest.mark.parametrize("near", ["last", "elsewhere"])
    def test_a_thief_goes_from_shop_to_shop(self, world: PlanContext, people: Population, near: str) -> None:
        laid = episodes(world, np.full(200, 4))
        terminal = laid.shop("grocery", card=laid.victims(), near=near)  # type: ignore[arg-type]
        walked = self.km(people, terminal[1:], terminal[:-1])[~laid.first_f[1:]]
        # reach.km is 12; from a shop at the edge of town it may be some more
        assert (walked < 24).mean() > 0.95

    def test_online_ones_are_online(self, world: PlanContext, people: Population) -> None:
        laid = episodes(world, np.full(300, 2))
        terminal = laid.shop(card=laid.victims(), near="online")
        assert people.merchants.online_m[people.terminals.merchant_p[terminal]].all()


class TestAmount:
    def test_factors_are_drawn_in(self, world: PlanContext) -> None:
        laid = episodes(world, np.full(4000, 1))
        card = laid.victims()
        shop = laid.shop("fuel", card=card)
        plain = laid.amount(like="shop", card=card, terminal=shop)
        dear = laid.amount(like="shop", card=card, terminal=shop, times=np.full(4000, 2.0))
        assert abs(dear / plain - 2).max() < 0.2
        # fuel costs 38 in the median, whatever the victim buys elsewhere
        assert 25_00 < np.median(plain) < 60_00
        assert len(np.unique(laid.amount(like="victim", card=card))) > 1500

    def test_a_shop_goes_with_its_prices(self, world: PlanContext) -> None:
        laid = episodes(world, np.full(3, 1))
        with pytest.raises(ValueError, match="terminal= goes with like='shop'"):
            laid.amount(like="shop", card=laid.victims())
        with pytest.raises(ValueError, match="terminal= goes with like='shop'"):
            laid.amount(like="victim", card=laid.victims(), terminal=np.zeros(3, dtype=np.int64))


class TestWords:
    def test_codes_are_those_of_events_and_merchants(self, world: PlanContext, people: Population) -> None:
        for name in people.census.sold:
            assert people.census.categories[world.code("category", name)] == name
        assert world.texts["category"] == people.census.categories

    @pytest.mark.parametrize(
        ("column", "text", "told"),
        [
            ("category", "feul", r"there is no category 'feul' \(did you mean 'fuel'\?\)"),
            ("channel", "onlin", r"there is no channel 'onlin' \(did you mean 'online'\?\)"),
            ("device", "phone", "it uses the column device, which this world lacks"),
        ],
    )
    def test_what_is_not_there_is_refused(self, world: PlanContext, column: str, text: str, told: str) -> None:
        with pytest.raises(RefusedError, match=told):
            world.code(column, text)

    def test_what_nobody_sells_is_refused(self) -> None:
        tiny = make_components(load_recipe(["experiment=tiny"])[0]).context
        assert "fuel" in tiny.texts["category"]
        with pytest.raises(RefusedError, match="nobody sells 'fuel'"):
            tiny.code("category", "fuel")
        assert tiny.census.categories == tiny.texts["category"]

    @pytest.mark.parametrize("word", ["shop", "terminals", "amount", "devices"])
    def test_a_world_of_cards_alone_is_told_once_and_alike(self, world: PlanContext, word: str) -> None:
        cards = replace(world, habits=None, tells=(), population=None)
        laid = episodes(cards, np.full(3, 1))
        card = np.arange(3)
        words = {
            "shop": lambda: laid.shop(card=card),
            "terminals": laid.terminals,
            "amount": lambda: laid.amount(like="victim", card=card),
            "devices": lambda: laid.devices(card),
        }
        with pytest.raises(RefusedError, match=r"it uses .*, which this world lacks"):
            words[word]()

    def test_devices_are_the_victims(self, world: PlanContext, people: Population) -> None:
        laid = episodes(world, np.full(300, 1))
        card = laid.victims()
        assert (people.devices.customer_d[laid.devices(card)] == people.cards.customer_c[card]).all()
