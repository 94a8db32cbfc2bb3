"""Times, amounts and card numbers as text, against Python's own printing."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.tables.texts import WHOLE_LIMIT, Texts, amount_texts, divide, iso_texts, join_texts, time_texts

FIRST_S = int(datetime(1, 1, 1, tzinfo=UTC).timestamp())
LAST_S = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())
MINOR_MAX = WHOLE_LIMIT * 100 - 1

words = st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=9), max_size=20)


def as_texts(values: list[str]) -> Texts:
    return Texts.from_arrow(pa.array(values, pa.string()))


def printed(texts: Texts) -> list[str]:
    column = texts.to_arrow()
    column.validate(full=True)
    return [str(value) for value in column.to_pylist()]


def int64(values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def python_time(second: int, separator: str, zone: str) -> str:
    """Year in four digits, which strftime leaves to the C library."""
    moment = datetime.fromtimestamp(second, UTC)
    return f"{moment.year:04d}" + moment.strftime(f"-%m-%d{separator}%H:%M:%S") + zone


class TestTimes:
    @given(st.lists(st.integers(min_value=0, max_value=4_102_444_800), min_size=1, max_size=30))
    def test_a_time_prints_as_strftime_prints_it(self, seconds: list[int]) -> None:
        assert printed(time_texts(int64(seconds))) == [python_time(s, " ", "") for s in seconds]

    @given(st.integers(min_value=FIRST_S, max_value=LAST_S))
    def test_any_year_from_1_to_9999(self, second: int) -> None:
        assert printed(time_texts(int64([second]))) == [python_time(second, " ", "")]

    @given(st.lists(st.integers(min_value=0, max_value=4_102_444_800), min_size=1, max_size=30))
    def test_iso(self, seconds: list[int]) -> None:
        assert printed(iso_texts(time_texts(int64(seconds)))) == [python_time(s, "T", "Z") for s in seconds]

    @pytest.mark.parametrize("day", ["2024-02-29", "2000-02-29", "1969-12-31", "1970-01-01", "2100-03-01"])
    @pytest.mark.parametrize("clock", ["00:00:00", "23:59:59"])
    def test_the_edges_of_a_day(self, day: str, clock: str) -> None:
        second = int(datetime.fromisoformat(f"{day}T{clock}+00:00").timestamp())
        assert printed(time_texts(int64([second]))) == [f"{day} {clock}"]

    def test_every_second_of_a_day(self) -> None:
        noon = np.arange(86_400, dtype=np.int64) + 1_640_995_200
        assert printed(time_texts(noon)) == [python_time(int(s), " ", "") for s in noon]

    def test_no_times(self) -> None:
        assert printed(time_texts(int64([]))) == []


class TestAmounts:
    @given(st.lists(st.integers(min_value=0, max_value=MINOR_MAX), min_size=1, max_size=30))
    def test_an_amount_prints_as_python_prints_the_float(self, minor: list[int]) -> None:
        assert printed(amount_texts(int64(minor))) == [repr(value / 100) for value in minor]

    @given(st.lists(st.integers(min_value=0, max_value=MINOR_MAX), min_size=1, max_size=30))
    def test_fixed_amounts_have_two_decimals(self, minor: list[int]) -> None:
        assert printed(amount_texts(int64(minor), fixed=True)) == [f"{v // 100}.{v % 100:02d}" for v in minor]

    def test_every_amount_below_2000(self) -> None:
        minor = np.arange(200_000, dtype=np.int64)
        assert printed(amount_texts(minor)) == [repr(value / 100) for value in minor.tolist()]

    @pytest.mark.parametrize("power", range(11))
    def test_around_each_power_of_ten(self, power: int) -> None:
        minor = [v for v in range(10**power - 101, 10**power + 102) if 0 <= v <= MINOR_MAX]
        assert printed(amount_texts(int64(minor))) == [repr(value / 100) for value in minor]

    def test_short_beside_long(self) -> None:
        assert printed(amount_texts(int64([MINOR_MAX, 0, 1, 10, 100]))) == ["99999999.99", "0.0", "0.01", "0.1", "1.0"]

    def test_an_amount_too_large_is_refused(self) -> None:
        with pytest.raises(ValueError, match="an amount reaches 100,000,000 major units"):
            amount_texts(int64([MINOR_MAX + 1]))

    def test_no_amounts(self) -> None:
        assert printed(amount_texts(int64([]))) == []


class TestTexts:
    @given(words)
    def test_arrow_there_and_back(self, values: list[str]) -> None:
        assert printed(as_texts(values)) == values

    @given(words.filter(bool), st.data())
    def test_take_picks_in_order(self, values: list[str], data: st.DataObject) -> None:
        index = data.draw(st.lists(st.integers(0, len(values) - 1), max_size=10))
        assert printed(as_texts(values).take(int64(index))) == [values[i] for i in index]

    @given(words, st.integers(0, 20), st.integers(0, 20))
    def test_a_slice(self, values: list[str], start: int, stop: int) -> None:
        assert printed(as_texts(values)[start:stop]) == values[start:stop]

    @given(st.lists(st.tuples(st.text("abc", max_size=6), st.booleans()), max_size=20), st.text("xyz", max_size=9))
    def test_replaced_rows_hold_the_new_text_only(self, rows: list[tuple[str, bool]], text: str) -> None:
        texts = as_texts([value for value, _ in rows])
        mask = np.array([hit for _, hit in rows], dtype=bool)
        assert printed(texts.replaced(mask, text.encode())) == [text if hit else value for value, hit in rows]

    @given(st.lists(st.tuples(st.text("ab", max_size=5), st.text("cd", max_size=5), st.text("ef", max_size=5))))
    def test_joined_texts_follow_each_other(self, rows: list[tuple[str, str, str]]) -> None:
        parts = [as_texts([row[i] for row in rows]) for i in range(3)]
        assert printed(join_texts(parts, 64)) == ["".join(row) for row in rows]

    @given(st.lists(st.integers(min_value=-(2**62), max_value=2**62), min_size=1), st.integers(1, 10**9))
    def test_divide_is_divmod(self, numbers: list[int], by: int) -> None:
        quotient, remainder = divide(int64(numbers), by)
        assert list(zip(quotient.tolist(), remainder.tolist(), strict=True)) == [divmod(n, by) for n in numbers]
