"""The first steps of notebooks on Kaggle's "Credit Card Transactions Fraud Detection", on synth's CSV, unchanged."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import synth

#: As the data set describes itself; the first has no name there, which pandas calls so.
COLUMNS = [
    *("Unnamed: 0", "trans_date_trans_time", "cc_num", "merchant", "category", "amt", "first", "last", "gender"),
    *("street", "city", "state", "zip", "lat", "long", "city_pop", "job", "dob", "trans_num", "unix_time"),
    *("merch_lat", "merch_long", "is_fraud"),
]
#: What pandas makes of each column of the original.
KINDS = {
    "int64": ["Unnamed: 0", "cc_num", "zip", "city_pop", "unix_time", "is_fraud"],
    "float64": ["amt", "lat", "long", "merch_lat", "merch_long"],
}
SMALL = ("generator.transactions=20000", "timeline.end=2019-03-01", "scenario.card_chain.ratio=0.005")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("sparkov")
    synth.run("experiment=sparkov", *SMALL, f"sink.csv.uri={directory}")
    return directory / "transactions.csv"


@pytest.fixture
def df(written: Path) -> pd.DataFrame:
    return pd.read_csv(written)


def distance_km(frame: pd.DataFrame) -> "pd.Series[float]":
    """The haversine formula of many a notebook."""
    lat1, lon1, lat2, lon2 = (np.radians(frame[name]) for name in ("lat", "long", "merch_lat", "merch_long"))
    a = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371 * np.arcsin(np.sqrt(a))


def test_columns_and_kinds(df: pd.DataFrame) -> None:
    assert list(df) == COLUMNS
    for kind, names in KINDS.items():
        assert {name: str(df[name].dtype) for name in names} == dict.fromkeys(names, kind)
    assert not df.isna().any().any()
    assert not df.duplicated().any()
    assert (df["Unnamed: 0"] == np.arange(len(df))).all()


def test_ids_and_labels(df: pd.DataFrame) -> None:
    assert df.trans_num.is_unique
    assert df.trans_num.str.fullmatch("[0-9a-f]{32}").all()
    assert df.is_fraud.value_counts().to_dict() == {0: 20_000, 1: 100}


def test_times_and_ages(df: pd.DataFrame) -> None:
    when = pd.to_datetime(df["trans_date_trans_time"], format="%Y-%m-%d %H:%M:%S")
    assert when.is_monotonic_increasing
    assert ((when - pd.Timestamp("1970-01-01")) // pd.Timedelta("1s") == df.unix_time).all()
    born = pd.to_datetime(df["dob"], format="%Y-%m-%d")
    age = (when.dt.year - born.dt.year).to_numpy()
    assert 17 < age.min() < 25
    assert 75 < age.max() < 92
    assert when.dt.hour.nunique() == 24
    assert when.dt.day_name().nunique() == 7


def test_a_card_has_one_holder_who_lives_in_one_place(df: pd.DataFrame) -> None:
    holder = ["first", "last", "gender", "street", "city", "state", "zip", "lat", "long", "city_pop", "job", "dob"]
    assert df.groupby("cc_num")[holder].nunique().max().max() == 1
    assert set(df.gender) == {"F", "M"}
    assert df.state.str.fullmatch("[A-Z]{2}").all()
    assert df.groupby("city")[["state", "city_pop"]].nunique().max().max() == 1
    assert df.zip.between(501, 99_950).all()


def test_features_for_a_model(df: pd.DataFrame) -> None:
    df = df.drop("Unnamed: 0", axis=1)
    when = pd.to_datetime(df["trans_date_trans_time"])
    df["hour"], df["day"], df["month"] = when.dt.hour, when.dt.day, when.dt.month
    df["age"] = np.round((when - pd.to_datetime(df["dob"])) / np.timedelta64(365, "D"))
    df["distance"] = distance_km(df)
    by_category = df.groupby("category")["is_fraud"].mean()
    assert len(by_category) > 10
    df = pd.get_dummies(df, columns=["category", "gender"], drop_first=True)
    names = ["merchant", "first", "last", "street", "city", "state", "job", "dob", "trans_num", "trans_date_trans_time"]
    features = df.drop(columns=[*names, "is_fraud"]).astype(float)
    assert np.isfinite(features.to_numpy()).all()
    assert features.shape[1] > 20


def test_shops_are_near_and_only_the_web_is_far() -> None:
    recipe = ("experiment=sparkov", *SMALL)
    places = ("customers.latitude", "customers.longitude", "terminals.latitude", "terminals.longitude", "channel")
    names = ("lat", "long", "merch_lat", "merch_long", "channel")
    fields = ", ".join(f"{{name: {name}, source: {source}}}" for name, source in zip(names, places, strict=True))
    rows = synth.generate(*recipe, f"columns.fields=[{fields}]")
    distance = distance_km(rows)
    near = distance[rows.channel.isin(["chip", "contactless"])]
    assert len(near) > 8_000
    # Who has no shop of a kind within reach goes to the nearest one, which may be in another city.
    assert (near > 200).mean() < 0.002
    assert near.median() < 15
    assert distance[rows.channel == "online"].median() > 200
