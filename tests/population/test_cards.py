"""Card numbers, read back by plain Python: distinct, Luhn-valid, on the right networks, in the right shares."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from synth.population.cards import CardNumbers, NetworkConfig, card_text, draw_cards, luhn_check_digit
from synth.population.config import PopulationConfig

CONF = Path(__file__).resolve().parent.parent.parent / "conf" / "population"


def luhn_valid(digits: str) -> bool:
    """The textbook form, digit by digit, independent of the vectorised one."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value // 10 + value % 10
    return total % 10 == 0


def population(cards: int, profile: str | None = None, locale: str = "en_US", **networks: Any) -> PopulationConfig:
    """A population of networks given as (share, length, prefixes)."""
    built = {n: NetworkConfig(share=s, length=length, prefixes=list(p)) for n, (s, length, p) in networks.items()}
    return PopulationConfig(cards=cards, networks=built, profile=profile, locale=locale)  # type: ignore[arg-type]


def from_yaml(name: str, **changes: Any) -> PopulationConfig:
    """A population of conf/, parsed strictly."""
    node = yaml.safe_load((CONF / f"{name}.yaml").read_text(encoding="utf-8"))
    return TypeAdapter(PopulationConfig).validate_json(json.dumps(node | changes), strict=True)


def draw(config: PopulationConfig, seed: int = 0) -> CardNumbers:
    return draw_cards(config.networks, config.cards_by_network(), rng=np.random.default_rng(seed))


def network_names(cards: CardNumbers) -> list[str]:
    return [cards.networks[i] for i in cards.network_c]


def problems(config: PopulationConfig) -> dict[str, str]:
    return {problem.path: problem.message for problem in config.problems()}


@pytest.mark.parametrize("number", ["4111111111111111", "378282246310005", "6011111111111117", "5555555555554444"])
def test_the_check_digit_of_published_test_numbers(number: str) -> None:
    assert luhn_valid(number)
    assert luhn_check_digit(np.array([int(number[:-1])])).tolist() == [int(number[-1])]


@given(st.lists(st.integers(min_value=0, max_value=10**18 - 1), min_size=1))
def test_the_check_digit_completes_any_number(payloads: list[int]) -> None:
    digits = luhn_check_digit(np.array(payloads, dtype=np.int64))
    assert all(luhn_valid(f"{p}{d}") for p, d in zip(payloads, digits.tolist(), strict=True))


@pytest.mark.parametrize("path", sorted(CONF.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_population_of_conf_can_be_drawn(path: Path) -> None:
    assert list(from_yaml(path.stem).problems()) == []
    config = from_yaml(path.stem, cards=5_000)
    cards = draw(config)
    assert len(cards) == len(set(cards.number_c.tolist())) == 5_000
    for number, name in zip(cards.number_c.tolist(), network_names(cards), strict=True):
        network = config.networks[name]
        assert luhn_valid(str(number))
        assert len(str(number)) == network.length
        assert str(number).startswith(tuple(network.prefixes))


def test_conf_holds_populations() -> None:
    assert {"visa", "mixed", "handbook", "retail_eu", "retail_us", "tiny"} <= {
        path.stem for path in CONF.glob("*.yaml")
    }


def test_networks_get_their_largest_remainder_shares() -> None:
    config = from_yaml("mixed", cards=1_001)
    # Quotas 520.52, 300.3, 120.12, 60.06: one card is left, and visa's remainder is the largest.
    assert Counter(network_names(draw(config))) == {"visa": 521, "mastercard": 300, "amex": 120, "discover": 60}


def test_a_share_too_small_for_a_card_gets_none() -> None:
    cards = draw(population(3, big=(0.9, 16, ["4"]), small=(0.1, 16, ["5"])))
    assert network_names(cards) == ["big"] * 3


@pytest.mark.parametrize("name", ["visa", "mixed"])
def test_one_card(name: str) -> None:
    cards = draw(from_yaml(name, cards=1))
    assert len(cards) == 1
    assert luhn_valid(str(cards.number_c[0]))


@pytest.mark.parametrize("count", [1, 249, 250, 251, 900, 999, 1_000])
def test_a_range_can_be_used_up(count: int) -> None:
    config = population(count, tiny=(1.0, 12, ["41234567"]))
    assert list(config.problems()) == []
    numbers = draw(config).number_c.tolist()
    assert len(set(numbers)) == count
    assert {n // 10_000 for n in numbers} == {41234567}
    assert all(luhn_valid(str(n)) for n in numbers)


def test_a_full_prefix_passes_its_cards_on() -> None:
    config = population(10_500, tiny=(1.0, 12, ["41234567", "5123456"]))
    numbers = draw(config).number_c.tolist()
    begins = Counter(str(n).startswith("41234567") for n in numbers)
    assert len(set(numbers)) == 10_500
    # One prefix has room for 1,000, the other for 10,000: halves do not fit, 500 places stay free in all.
    assert begins[True] <= 1_000
    assert begins[False] <= 10_000


def test_prefixes_are_equally_likely() -> None:
    cards = draw(population(40_000, net=(1.0, 16, ["51", "6011", "65432100", "9"])))
    begins = Counter(str(n)[:2] for n in cards.number_c.tolist())
    shares = [begins["51"], begins["60"], begins["65"], sum(n for p, n in begins.items() if p[0] == "9")]
    # Binomial(40000, 1/4): sd = 86.6; five of them.
    assert np.abs(np.array(shares) - 10_000).max() < 433
    assert sum(shares) == 40_000


@pytest.mark.parametrize(("count", "below"), [(600, 1_000), (200, 1_000)])
def test_account_numbers_are_uniform_without_replacement(count: int, below: int) -> None:
    rounds = 400
    config = population(count, tiny=(1.0, 12, ["41234567"]))
    rng = np.random.default_rng(5)
    drawn = np.concatenate(
        [draw_cards(config.networks, config.cards_by_network(), rng=rng).number_c // 10 % below for _ in range(rounds)]
    )
    # Each number is in a draw with p = count / below, so its count over the rounds is binomial.
    p = count / below
    z = (np.bincount(drawn, minlength=below) - rounds * p) / np.sqrt(rounds * p * (1 - p))
    assert np.abs(z).max() < 5
    # A favour for small or large numbers would show in the halves: sd of the half's total, without replacement.
    half_sd = np.sqrt(rounds * count * 0.25 * (below - count) / (below - 1))
    assert abs(np.count_nonzero(drawn < below // 2) - rounds * count / 2) < 5 * half_sd


def test_the_index_says_nothing_about_network_or_number() -> None:
    cards = draw(from_yaml("mixed", cards=20_000))
    index = np.arange(20_000)
    # Under a shuffle a rank correlation has sd 1 / sqrt(n - 1) = 0.0071; five of them.
    for column in (np.argsort(np.argsort(cards.number_c)), cards.network_c):
        assert abs(np.corrcoef(index, column)[0, 1]) < 0.036
    assert not (np.diff(cards.number_c) > 0).all()


def test_the_same_seed_gives_the_same_cards_and_another_one_others() -> None:
    config = from_yaml("mixed", cards=2_000)
    first, again, other = draw(config, 1), draw(config, 1), draw(config, 2)
    assert first.number_c.tobytes() == again.number_c.tobytes()
    assert first.network_c.tobytes() == again.network_c.tobytes()
    assert set(first.number_c.tolist()) != set(other.number_c.tolist())


def test_the_order_of_networks_in_yaml_does_not_matter() -> None:
    config = from_yaml("mixed", cards=1_000)
    turned = PopulationConfig(
        cards=1_000, networks=dict(reversed(config.networks.items())), profile=None, locale="en_US"
    )
    assert draw(turned).number_c.tobytes() == draw(config).number_c.tobytes()


def test_types_and_shapes() -> None:
    cards = draw(from_yaml("mixed", cards=100))
    assert (str(cards.number_c.dtype), cards.number_c.shape) == ("int64", (100,))
    assert (str(cards.network_c.dtype), cards.network_c.shape) == ("int8", (100,))
    assert cards.networks == ("amex", "discover", "mastercard", "visa")


def test_text_pads_short_numbers_with_zero_bytes() -> None:
    cards = draw(population(500, amex=(0.5, 15, ["34", "37"]), long=(0.3, 19, ["62"]), short=(0.2, 12, ["50"])))
    text, length_c = card_text(cards)
    assert (str(text.dtype), text.shape) == ("uint8", (500, 19))
    assert set(length_c.tolist()) == {12, 15, 19}
    for row, length, number in zip(text, length_c.tolist(), cards.number_c.tolist(), strict=True):
        assert bytes(row) == str(number).encode().ljust(19, b"\0")
        assert length == len(str(number))


@given(st.lists(st.integers(min_value=1, max_value=2**63 - 1), min_size=1))
def test_text_is_the_decimal_form_of_any_number(numbers: list[int]) -> None:
    cards = CardNumbers(np.array(numbers, dtype=np.int64), np.zeros(len(numbers), dtype=np.int8), ("any",))
    text, length_c = card_text(cards)
    assert text.shape[1] == max(map(len, map(str, numbers)))
    assert [bytes(row[:n]).decode() for row, n in zip(text, length_c, strict=True)] == [str(n) for n in numbers]


@given(data=st.data(), cards=st.integers(min_value=1, max_value=300), seed=st.integers(0, 2**32))
def test_any_population_without_problems_is_drawn_exactly(data: st.DataObject, cards: int, seed: int) -> None:
    first_digits = data.draw(st.lists(st.sampled_from("12345678"), min_size=1, max_size=6, unique=True))
    networks: dict[str, Any] = {}
    for i, digit in enumerate(first_digits):
        tails = data.draw(st.lists(st.text("0123456789", min_size=7, max_size=7), min_size=1, max_size=3, unique=True))
        networks[f"n{i}"] = (1 / len(first_digits), data.draw(st.integers(12, 19)), [digit + tail for tail in tails])
    config = population(cards, **networks)
    assert problems(config) == {}
    drawn = draw(config, seed)
    texts = [str(n) for n in drawn.number_c.tolist()]
    assert len(set(texts)) == cards
    assert all(luhn_valid(text) for text in texts)
    counts = Counter(network_names(drawn))
    assert all(abs(counts[name] - cards / len(networks)) < 1 for name in networks)
    for text, name in zip(texts, network_names(drawn), strict=True):
        assert len(text) == networks[name][1]
        assert text.startswith(tuple(networks[name][2]))


def test_shares_must_sum_to_one() -> None:
    found = problems(population(10, a=(0.5, 16, ["4"]), b=(0.4, 16, ["5"])))
    assert found == {"networks": "the shares sum to 0.9, not 1"}
    assert problems(population(10, a=(0.1, 16, ["4"]), b=(0.2, 16, ["5"]), c=(0.7, 16, ["6"]))) == {}


def test_a_network_needs_room_for_its_share() -> None:
    config = population(2_002, tiny=(0.5, 12, ["41234567"]), big=(0.5, 16, ["5"]))
    (problem,) = config.problems()
    assert problem.path == "networks.tiny.prefixes"
    assert problem.message == "tiny gets 1,001 cards, but its prefixes leave room for 1,000"
    assert "1,000" in problem.allowed_in_words


def test_two_prefixes_of_a_length_must_not_overlap() -> None:
    found = problems(population(10, a=(0.5, 16, ["4", "51"]), b=(0.5, 16, ["41", "51", "60"])))
    assert set(found) == {"networks.b.prefixes.0", "networks.b.prefixes.1"}
    assert "'41' lies inside '4' of networks.a.prefixes.0" in found["networks.b.prefixes.0"]


def test_a_network_must_not_list_a_prefix_twice() -> None:
    assert set(problems(population(10, a=(1.0, 16, ["4", "5", "4"])))) == {"networks.a.prefixes.2"}


def test_prefixes_of_different_lengths_may_overlap() -> None:
    config = population(1_000, a=(0.5, 16, ["4"]), b=(0.5, 13, ["4"]))
    assert problems(config) == {}
    assert len(set(draw(config).number_c.tolist())) == 1_000


def test_nineteen_digits_must_fit_64_bits() -> None:
    assert set(problems(population(10, a=(1.0, 19, ["921", "922", "93"])))) == {
        "networks.a.prefixes.1",
        "networks.a.prefixes.2",
    }
    assert problems(population(10, a=(1.0, 18, ["93"]))) == {}


def test_an_unknown_locale_names_those_of_its_language() -> None:
    (problem,) = population(10, "faker", "de_DR", a=(1.0, 16, ["4"])).problems()
    assert problem.path == "locale"
    assert problem.message == "Faker has no locale 'de_DR'"
    assert {"de_AT", "de_CH", "de_DE"} <= {*problem.allowed}


def test_the_locale_matters_only_with_a_profile() -> None:
    assert problems(population(10, None, "nowhere", a=(1.0, 16, ["4"]))) == {}
    assert problems(population(10, "faker", "ja_JP", a=(1.0, 16, ["4"]))) == {}


def test_all_problems_come_at_once() -> None:
    config = population(5_000, "faker", "xx", a=(0.5, 12, ["41234567", "41234567"]), b=(0.4, 19, ["95"]))
    assert set(problems(config)) == {
        "networks",
        "networks.a.prefixes",
        "networks.a.prefixes.1",
        "networks.b.prefixes.0",
        "locale",
    }


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("cards",), 0),
        (("networks",), {}),
        (("profile",), "mimesis"),
        (("networks", "visa", "share"), 0),
        (("networks", "visa", "share"), 1.01),
        (("networks", "visa", "length"), 11),
        (("networks", "visa", "length"), 20),
        (("networks", "visa", "prefixes"), []),
        (("networks", "visa", "prefixes"), ["04"]),
        (("networks", "visa", "prefixes"), ["123456789"]),
        (("networks", "visa", "prefixes"), [""]),
        (("networks", "visa", "prefixes"), ["4a"]),
        (("networks", "visa", "prefixes"), ["4\n"]),
        (("networks", "visa", "prefixes"), [4]),
    ],
)
def test_fields_have_ranges(path: tuple[str, ...], value: object) -> None:
    node = yaml.safe_load((CONF / "visa.yaml").read_text(encoding="utf-8"))
    inner = node
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(PopulationConfig).validate_json(json.dumps(node), strict=True)
    assert caught.value.errors()[0]["loc"][: len(path)] == path
