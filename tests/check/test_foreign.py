"""Rows of other people: a mapping says which column is what, and all that is wrong with it is said at once."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth.check.foreign import CALLED, NEEDED, read_foreign
from synth.errors import ConfigError, RefusedError

MAPPING = "columns: {time: when, card: cc, amount: amt, label: bad, merchant: shop}\n"


@pytest.fixture
def frame() -> pd.DataFrame:
    when = pd.date_range("2024-01-01", periods=6, freq="h")
    return pd.DataFrame(
        {
            "when": when,
            "cc": [7, 7, 8, 8, 8, 9],
            "amt": [1.5, 2, 3, 4, 5, 6],
            "bad": [0, 1, 1, 1, 0, 0],
            "shop": list("abcabc"),
            "more": range(6),
        }
    )


def mapping(place: Path, text: str = MAPPING) -> Path:
    file = place / "mapping.yaml"
    file.write_text(text)
    return file


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_rows_of_files_follow_each_other(form: str, frame: pd.DataFrame, tmp_path: Path) -> None:
    files = [tmp_path / f"{part}.{form}" for part in range(2)]
    for file, part in zip(files, (frame[:4], frame[4:]), strict=True):
        part.to_csv(file, index=False) if form == "csv" else part.to_parquet(file, index=False)
    records = read_foreign(files, mapping(tmp_path))
    assert records.rows.column_names == ["time", "card_number", "amount", "merchant_id", "more"]
    assert records.fraud_t.tolist() == [False, True, True, True, False, False]
    assert records.scenarios == ("fraud",)
    assert records.roles == {"card_number": "key", "merchant_id": "key"}
    assert records.rows.column("time").to_pylist()[1] == frame.when[1].to_pydatetime()


def test_without_episodes_all_fraud_rows_of_a_card_are_one(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "a.csv", index=False)
    episode_t = read_foreign([tmp_path / "a.csv"], mapping(tmp_path)).episode_t
    assert len(np.unique(episode_t[1:4])) == 2
    assert episode_t[2] == episode_t[3]
    assert set(episode_t[[0, 4, 5]]) == {-1}


def test_scenarios_signals_and_ignored_columns(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame["kind"], frame["bad"] = ["", "x", "y", "y", "", ""], ["no", "YES", "Yes", "yes", "no", "no"]
    frame.to_csv(tmp_path / "a.csv", index=False)
    text = MAPPING.replace("}", ", scenario: kind}") + "fraud: yes it is\nignore: [more]\nsignals: {y: [amount]}\n"
    records = read_foreign([tmp_path / "a.csv"], mapping(tmp_path, text.replace("yes it is", "'Yes'")))
    assert records.scenarios == ("x", "y")
    assert records.signals == {"x": (), "y": ("amount",)}
    assert "more" not in records.rows.column_names


def test_times_that_are_texts_of_a_parquet_file(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.assign(when=frame.when.astype(str)).to_parquet(tmp_path / "a.parquet", index=False)
    records = read_foreign([tmp_path / "a.parquet"], mapping(tmp_path))
    assert records.rows.column("time").to_pylist() == [each.to_pydatetime() for each in frame.when]


def test_times_that_are_numbers_have_a_unit(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame["when"] = range(6)
    frame.to_csv(tmp_path / "a.csv", index=False)
    records = read_foreign([tmp_path / "a.csv"], mapping(tmp_path, MAPPING + "time_unit: h\n"))
    assert np.diff(records.rows.column("time").cast("int64").to_numpy()).tolist() == [3_600_000_000] * 5


def test_all_that_is_wrong_with_a_mapping_is_said_at_once(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "a.csv", index=False)
    text = "columns: {time: whem, amount: amt, label: bad, merchent: shop}\ntime_unit: hours\nignore: [moer]\nseed: 3\n"
    with pytest.raises(ConfigError) as told:
        read_foreign([tmp_path / "a.csv"], mapping(tmp_path, text))
    lines = [problem.line for problem in told.value.problems]
    assert lines == [
        "seed is no key of a mapping",
        "columns.merchent is no key of a mapping (did you mean 'merchant'?)",
        "columns.card is missing: no column is the card",
        "columns.time: the files have no column 'whem' (did you mean 'when'?)",
        "ignore: the files have no column 'moer' (did you mean 'more'?)",
        "time_unit is 'hours'",
    ]
    assert {problem.where for problem in told.value.problems} == {str(tmp_path / "mapping.yaml")}


def test_values_that_are_no_times_amounts_or_labels(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame["when"], frame["amt"], frame["bad"] = "soon", list("abcdef"), 0
    frame.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(ConfigError) as told:
        read_foreign([tmp_path / "a.csv"], mapping(tmp_path))
    assert [problem.path for problem in told.value.problems] == ["columns.amount", "columns.time", "columns.label"]


@pytest.mark.parametrize("text", ["[", "columns: 3\n", "", "columns: {}\n", "columns: {time: when, time: when}\n"])
def test_a_mapping_that_is_none(text: str, frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(ConfigError):
        read_foreign([tmp_path / "a.csv"], mapping(tmp_path, text))


def test_files_that_cannot_be_read(frame: pd.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("no")
    for file in ("a.parquet", "none.csv"):
        with pytest.raises(RefusedError, match=file):
            read_foreign([tmp_path / file], mapping(tmp_path))
    with pytest.raises(RefusedError, match=r"none\.yaml"):
        read_foreign([tmp_path / "a.csv"], tmp_path / "none.yaml")


def test_what_a_mapping_needs_is_something_that_it_may_name() -> None:
    assert set(NEEDED) < set(CALLED)


@pytest.mark.parametrize(
    ("column", "values", "told"),
    [
        ("amt", [1, 2, np.inf, 4, 5, 6], "columns.amount: row 3 has inf, which is no amount"),
        ("when", [1, 2, 3, 4, 5, 2**60], "columns.time: row 6 has 1.15292e+18, which is no time"),
        ("bad", [0, 1, 2, 1, 0, 0], "'bad' says 3 things ('0', '1', '2' …): say with the key fraud which is"),
        ("bad", [1] * 6, "every row is fraud by 'bad': nothing to compare with"),
        ("bad", [0] * 6, "no row says 1 in 'bad': there is no fraud"),
    ],
)
def test_values_that_say_nothing(
    column: str, values: list[float], told: str, frame: pd.DataFrame, tmp_path: Path
) -> None:
    frame[column] = values
    frame.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(ConfigError) as caught:
        read_foreign([tmp_path / "a.csv"], mapping(tmp_path))
    assert [told in problem.message for problem in caught.value.problems] == [True]


def test_a_column_is_one_thing(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(ConfigError, match=r"columns\.card: 'amt' is said to be more than one thing"):
        read_foreign([tmp_path / "a.csv"], mapping(tmp_path, MAPPING.replace("card: cc", "card: amt")))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"when,cc,amt,bad,shop\n", "a.csv has no rows"),
        (
            "when,cc,amt,bad,shop\n2024-01-01,1,2,1,caf\xe9\n".encode("latin-1"),
            "column 'shop' holds bytes that are no UTF-8",
        ),
        (b"when,cc,amt,bad,shop,shop\n2024-01-01,1,2,1,a,b\n", "two columns bear the name 'shop'"),
    ],
)
def test_files_that_say_nothing(content: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(RefusedError, match=told):
        read_foreign([tmp_path / "a.csv"], mapping(tmp_path))


def test_files_of_other_columns(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.drop(columns="more").to_csv(tmp_path / "b.csv", index=False)
    with pytest.raises(RefusedError, match="the same columns: 'more' is not in all of them"):
        read_foreign([tmp_path / "a.csv", tmp_path / "b.csv"], mapping(tmp_path))
