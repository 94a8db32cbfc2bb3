"""What cannot be counted is told in one line, with the name of what is wrong; what is new is counted or left out."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import synth
from synth.check.stats import measure
from synth.config.catalog import load_catalog
from synth.errors import RefusedError, SynthError, VerifyError
from tests.check.stats.outputs import CHAINS, make
from tests.generators import shops
from tests.generators.test_own_columns import PLUGIN, RECIPE
from tests.outputs import read_manifest, table_file, table_files, write_manifest
from tests.servers import S3Server

CATALOG = load_catalog()


@pytest.fixture(scope="module", params=["csv", "parquet"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    sink: str = request.param
    return make(tmp_path_factory.mktemp("made") / sink, (*CHAINS, "columns=full"), sink)


@pytest.fixture
def out(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


def table(out: Path, name: str) -> Path:
    return table_files(out, name)[0]


def cut(out: Path, name: str) -> None:
    file = table(out, name)
    file.write_bytes(file.read_bytes()[:-40])


def remove(out: Path, name: str) -> None:
    table(out, name).unlink()


def scribble(out: Path, name: str) -> None:
    table(out, name).write_bytes(b"not a table\n" * 50)


@pytest.mark.parametrize("name", ["transactions", "labels", "episodes"])
@pytest.mark.parametrize("damage", [cut, remove, scribble])
def test_a_damaged_file(damage: Callable[[Path, str], None], name: str, out: Path) -> None:
    damage(out, name)
    with pytest.raises(VerifyError) as caught:
        measure(str(out), catalog=CATALOG)
    assert table(out, name).name in str(caught.value) if damage is not remove else name in str(caught.value)
    assert "\n" not in str(caught.value)


def edit_manifest(out: Path, edit: Callable[[dict], object]) -> None:
    manifest = read_manifest(out)
    edit(manifest)
    write_manifest(out, manifest)


def test_no_run(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(RefusedError, match="holds no synth run: "):
            measure(str(place), catalog=CATALOG)


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda m: m["tables"].pop("labels"), "tables: there is no labels"),
        (lambda m: m["recipe"].pop("timeline"), "has no window that can be read"),
        (lambda m: m["recipe"]["timeline"].update(end="soon"), "has no window that can be read"),
        (lambda m: m["recipe"]["timeline"].update(end="2022-02-20"), "lies outside of the window"),
        (lambda m: m["tables"]["transactions"].update(rows=6001), "have 6,000 rows, not 6,001 as the manifest says"),
        (lambda m: m["tables"]["transactions"].update(rows=100), "names a row that is not there"),
        (
            lambda m: m["tables"]["episodes"]["columns"][1].update(source="x"),
            "episodes: there is no column scenario",
        ),
    ],
)
def test_a_manifest_of_something_else(edit: Callable[[dict], object], told: str, out: Path) -> None:
    edit_manifest(out, edit)
    with pytest.raises(SynthError) as caught:
        measure(str(out), catalog=CATALOG)
    assert re.search(told, str(caught.value))
    assert "\n" not in str(caught.value)


def test_labels_in_disorder(tmp_path: Path) -> None:
    out = make(tmp_path / "out", CHAINS, "csv")
    file = table_file(out, "labels")
    labels = pd.read_csv(file)
    labels.iloc[::-1].to_csv(file, index=False, lineterminator="\n")
    with pytest.raises(VerifyError, match="the labels are not in the order of the rows"):
        measure(str(out), catalog=CATALOG)


@pytest.mark.parametrize("amount", ["-0.01", "1e300", "-inf", "nan"])
def test_amounts_that_are_none(amount: str, tmp_path: Path) -> None:
    out = make(tmp_path / "out", CHAINS, "csv")
    rows = pd.read_csv(out / "transactions.csv", dtype=str, keep_default_na=False)
    rows.loc[17, "amount"] = amount
    rows.to_csv(out / "transactions.csv", index=False, lineterminator="\n")
    if amount == "-0.01":  # a plugin may know refunds
        data = measure(str(out), catalog=CATALOG)
        assert "amounts: there are amounts below zero" in data["left_out"]
        assert "amounts" not in data
        assert data["cards"]
    else:
        with pytest.raises(VerifyError, match="a row after row 0 has an amount beyond all counting"):
            measure(str(out), catalog=CATALOG)


def test_columns_of_a_plugin(tmp_path: Path) -> None:
    synth.run(*RECIPE, "sink=csv", f"sink.csv.uri={tmp_path}", plugin_files=[PLUGIN])
    rows = pd.read_csv(tmp_path / "transactions.csv")
    rows["fraud"] = rows.index.isin(pd.read_csv(table_file(tmp_path, "labels")).event_id)
    data = measure(str(tmp_path), catalog=load_catalog([PLUGIN]))
    assert {*data["shares"]["shop"]} == {*shops.NAMES, "null"}
    genuine = rows[~rows.fraud].shop.fillna("null").value_counts(normalize=True).to_dict()
    assert {name: value["genuine"]["found"] for name, value in data["shares"]["shop"].items()} == pytest.approx(genuine)
    assert {name: value["rows"] for name, value in data["shares"]["online"].items()} == {
        str(name): count for name, count in rows.online.value_counts().items()
    }
    assert "use_of_cards" in data
    # Without the plugin what is counted is the same, and nobody can say which law it follows.
    alone = measure(str(tmp_path), catalog=CATALOG)
    assert found_of(alone) == found_of(data)


def found_of(data: Any) -> Any:
    """A report without what the recipe asks for."""
    if isinstance(data, dict):
        return {name: found_of(value) for name, value in data.items() if name not in ("recipe", "untold", "buckets")}
    return [found_of(value) for value in data] if isinstance(data, list) else data


def test_a_column_of_many_values_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synth.check.stats.shares.MOST", 2)
    monkeypatch.setattr("synth.check.stats.amounts.MOST", 2)
    data = measure(str(make(tmp_path / "out", ("experiment=tiny",), "parquet")), catalog=CATALOG)
    assert [*data["shares"]] == ["currency", "auth_result"]
    assert [line.split(":")[0] for line in data["left_out"]] == [
        *("amounts_by_category", "web", "shares of category", "shares of channel", "shares of decline_reason"),
    ]


def test_s3(moto: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for key, value in moto.environ().items():
        monkeypatch.setenv(key, value)
    moto.client().create_bucket(Bucket="stats")
    local = measure(str(make(tmp_path / "out", CHAINS, "parquet")), catalog=CATALOG)
    synth.run(*CHAINS, "sink=parquet", "sink.parquet.uri=s3://stats/run")
    remote = measure("s3://stats/run", catalog=CATALOG)
    assert remote | {"uri": ""} == local | {"uri": ""}
    moto.client().delete_object(Bucket="stats", Key="run/transactions/part-00001.parquet")
    with pytest.raises(VerifyError, match=r"transactions/part-00001\.parquet is missing"):
        measure("s3://stats/run", catalog=CATALOG)
