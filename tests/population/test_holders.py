"""Card holders, read back as plain Python rows: one a card, unique e-mail addresses, ages, and any country's words."""

import hashlib
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from faker.config import AVAILABLE_LOCALES
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.population import holders, phrases
from synth.population.cards import NetworkConfig, draw_cards
from synth.population.config import PopulationConfig
from synth.population.holders import draw_holders

ROOT = Path(__file__).resolve().parent.parent.parent
REFERENCE = date(2022, 1, 1)
NAMES = [
    "card_id",
    "holder_id",
    "name",
    "first_name",
    "last_name",
    "gender",
    "email",
    "phone",
    "address",
    "birth_date",
    "job",
]


def draw(cards_n: int, locale: str = "en_US", seed: int = 0, reference: date = REFERENCE) -> pa.Table:
    return draw_holders(cards_n, locale, reference=reference, rng=np.random.default_rng(seed))


def digest(table: pa.Table) -> str:
    return hashlib.sha256(repr(table.to_pylist()).encode()).hexdigest()


def age(born: date, on: date) -> int:
    """Full years, counted as one counts birthdays."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


@pytest.fixture
def small_pools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faker asked for few values, where a test is about the way and not about variety."""
    monkeypatch.setattr(phrases, "_POOL", 30)
    monkeypatch.setattr(phrases, "_WHOLE_POOL", 60)


@pytest.mark.usefixtures("small_pools")
def test_the_table_has_a_row_for_each_card_and_joins_with_it() -> None:
    network = NetworkConfig(share=1.0, length=16, prefixes=["4"])
    config = PopulationConfig(cards=300, networks={"visa": network}, profile="faker", locale="en_US")
    cards = draw_cards(config.networks, config.cards_by_network(), rng=np.random.default_rng(1))
    events = pa.table({"card_id": np.random.default_rng(2).integers(300, size=1_000)})
    joined = events.join(draw(config.cards), "card_id", join_type="inner")
    assert joined.num_rows == 1_000
    owner = dict(zip(joined["card_id"].to_pylist(), joined["email"].to_pylist(), strict=True))
    assert len(set(owner.values())) == len(owner)
    assert len({int(cards.number_c[card]) for card in owner}) == len(owner)


@pytest.mark.usefixtures("small_pools")
def test_columns_types_and_nulls() -> None:
    table = draw(200)
    assert table.column_names == NAMES
    assert [str(kind) for kind in table.schema.types] == ["int64"] * 2 + ["string"] * 7 + ["date32[day]", "string"]
    assert not any(field.nullable for field in table.schema)
    assert all(field.metadata[b"doc"] for field in table.schema)
    assert [column.null_count for column in table.columns] == [0] * len(NAMES)
    assert table["card_id"].to_pylist() == list(range(200))
    assert len(set(table["holder_id"].to_pylist())) == 200


@pytest.mark.parametrize(
    ("locale", "name", "phone"),
    [
        ("en_US", r"[A-Za-z.'\- ]+", r"[\d()+.x\- ]+"),
        ("de_DE", r"[A-Za-zÀ-ž.\- ]+", r"[\d()+\- ]+"),
        ("fr_FR", r"[A-Za-zÀ-ž\- ]+", r"[\d()+ ]+"),
        ("ja_JP", r"[一-龯々ぁ-んァ-ヶー]+ [一-龯々ぁ-んァ-ヶー]+", r"\d+-\d+-\d+"),
        # Digits of its own.
        ("bn_BD", r"[\u0980-\u09ff\u200c\u200d .]+", r"[\u09e6-\u09ef+\- ]+"),
        # No provider for phone numbers: Faker's default.
        ("en_PH", r"[A-Za-z.'\- ]+", r"[\d()+.x\- ]+"),
        # Names composed by code of its own.
        ("es_CL", r"[A-Za-zÀ-ž.'\- ]+", r"[\d+ ]+"),
    ],
)
def test_a_country_has_its_own_words(locale: str, name: str, phone: str) -> None:
    table = draw(2_000, locale)
    assert [text for text in table["name"].to_pylist() if not re.fullmatch(name, text)] == []
    assert [text for text in table["phone"].to_pylist() if not re.fullmatch(phone, text)] == []
    assert len(set(table["name"].to_pylist())) > 400
    assert len(set(table["phone"].to_pylist())) > 1_900
    assert len(set(table["address"].to_pylist())) > 1_500


@pytest.mark.usefixtures("small_pools")
@pytest.mark.filterwarnings("ignore:fr_QC locale is deprecated")
@pytest.mark.parametrize("locale", sorted(AVAILABLE_LOCALES))
def test_every_locale_of_faker_works(locale: str) -> None:
    table = draw(150, locale)
    for column in ("name", "first_name", "last_name", "phone", "address", "job"):
        texts = table[column].to_pylist()
        assert all(text.strip() for text in texts)
        assert not any("\n" in text or "{{" in text for text in texts)
    assert all(sum(c.isdigit() for c in text) >= 6 for text in table["phone"].to_pylist())
    for row in table.to_pylist():
        assert row["first_name"] in row["name"]
        assert row["last_name"] in row["name"]
    assert {*table["gender"].to_pylist()} == {"F", "M"}
    emails = table["email"].to_pylist()
    assert len(set(emails)) == 150
    assert all(re.fullmatch(r"[a-z]+(\.[a-z]+)*\d*@example\.(com|net|org)", email) for email in emails)


def test_there_are_locales_to_try() -> None:
    assert len(AVAILABLE_LOCALES) > 60


def test_an_email_spells_the_name() -> None:
    spelt = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "è": "e", "ç": "c", "š": "s", "ć": "c"}
    read = 0
    for row in draw(3_000, "de_DE").to_pylist():
        plain = "".join(spelt.get(c, c) for c in row["name"].lower())
        user = re.sub(r"\d+$", "", row["email"].split("@")[0])
        if re.fullmatch(r"[a-z .\-]+", plain):
            read += 1
            # Titles before and after the name are not spelt.
            assert user in ".".join(re.findall("[a-z]+", plain))
    assert read > 2_900


def test_holders_of_one_name_are_numbered_from_the_second_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrases, "_POOL", 2)
    emails = draw(500)["email"].to_pylist()
    assert len(set(emails)) == 500
    numbers: dict[str, list[int]] = {}
    for email in emails:
        user, number = re.fullmatch(r"([a-z.]+)(\d*)@example\.\w+", email).groups()  # type: ignore[union-attr]
        numbers.setdefault(user, []).append(int(number or 1))
    assert len(numbers) < 50
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


@pytest.mark.usefixtures("small_pools")
def test_ages_cover_18_to_90_evenly() -> None:
    ages = [age(born, REFERENCE) for born in draw(40_000)["birth_date"].to_pylist()]
    assert (min(ages), max(ages)) == (18, 90)
    counts = np.bincount(ages)[18:]
    # 73 years of about 548 each, binomial: sd = 23.2; five of them.
    assert np.abs(counts - 40_000 / 73).max() < 117


@settings(max_examples=60)
@given(reference=st.dates(min_value=date(1971, 1, 1), max_value=date(2199, 12, 31)), seed=st.integers(0, 2**32))
def test_ages_hold_on_any_reference_day(reference: date, seed: int) -> None:
    born = holders._draw_birth_dates(3_000, reference, rng=np.random.default_rng(seed)).to_pylist()
    assert {age(day, reference) for day in born} <= set(range(18, 91))


@pytest.mark.parametrize(
    ("reference", "first", "last"),
    [
        (date(2022, 1, 1), date(1931, 1, 2), date(2004, 1, 1)),
        (date(2024, 2, 29), date(1933, 3, 1), date(2006, 2, 28)),
        (date(2022, 2, 28), date(1931, 3, 1), date(2004, 2, 28)),
    ],
)
def test_the_first_and_the_last_birth_date(reference: date, first: date, last: date) -> None:
    born = holders._draw_birth_dates(600_000, reference, rng=np.random.default_rng(0))
    # 26,663 days, 22.5 holders a day on average: a given day stays empty with p = e^-22.5.
    assert (min(born.to_pylist()), max(born.to_pylist())) == (first, last)


@pytest.mark.usefixtures("small_pools")
def test_the_same_stream_gives_the_same_holders_and_another_one_others() -> None:
    first, again, other = draw(300, seed=1), draw(300, seed=1), draw(300, seed=2)
    assert first.equals(again, check_metadata=True)
    assert all(first[name].to_pylist() != other[name].to_pylist() for name in NAMES[2:])


@pytest.mark.usefixtures("small_pools")
def test_faker_s_shared_randomness_is_neither_used_nor_touched() -> None:
    import faker
    from faker.generator import random as shared

    faker.Faker.seed(1)
    first, state = draw(100, seed=3), shared.getstate()
    faker.Faker.seed(2)
    other = shared.getstate()
    second = draw(100, seed=3)
    assert first.equals(second)
    assert shared.getstate() == other != state


def test_bytes_do_not_depend_on_the_process() -> None:
    code = (
        "from datetime import date; import hashlib, numpy as np\n"
        "from synth.population.holders import draw_holders\n"
        "t = draw_holders(500, 'cs_CZ', reference=date(2022, 1, 1), rng=np.random.default_rng(0))\n"
        "print(hashlib.sha256(repr(t.to_pylist()).encode()).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT), "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for hash_seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert found == {digest(draw(500, "cs_CZ"))}
