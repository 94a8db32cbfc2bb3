"""``synth verify`` holds each row against the entities that it names, in every view that shows enough."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import synth
from synth.check.verify import verify
from synth.check.verify.dependencies import Decided
from synth.check.verify.rows import Check, ReadRows
from synth.cli import main
from synth.config.catalog import load_catalog

WORLD = (
    "experiment=retail_us",
    "population.cards=900",
    "population.customers.number=700",
    "population.merchants.number=300",
    "population.merchants.terminals=500",
    "population.cities.number=4",
    "timeline.start=2024-02-01",
    "timeline.end=2024-02-20",
    "scenario=[card_chain,stolen_card,compromised_terminal,amount_threshold,account_takeover]",
    "scenario.card_chain.ratio=0.02",
    "scenario.account_takeover.ratio=null",
    "scenario.account_takeover.episodes=20",
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("agreeing")
    synth.run(*WORLD, "sink=parquet", f"sink.parquet.uri={place}", overwrite=True)
    return place


def checks(place: Path) -> dict[str, Check]:
    return {check.name: check for check in verify(str(place), catalog=load_catalog()).checks}


def test_every_check_can_be_made_and_holds(written: Path) -> None:
    """Scenario rules, cards and dependencies too, though the view shows no card number."""
    found = checks(written)
    assert [check for check in found.values() if check.ok is not True] == []
    wanted = {f"{name} of rows" for name in ("customer_id", "merchant_id", "category", "currency")}
    wanted |= {"card and second", "cards", "episodes: card", "rules of the generator"}
    wanted |= {f"scenario {name}" for name in ("card_chain", "stolen_card", "compromised_terminal", "amount_threshold")}
    assert wanted <= {*found}


def shift(frame: pd.DataFrame, column: str) -> None:
    frame.loc[7, column] = frame[column][frame[column] != frame.loc[7, column]].iloc[0]


def pass_limit(frame: pd.DataFrame) -> None:
    row = frame.index[frame.decline_reason == "limit_exceeded"][0]
    frame.loc[row, ["auth_result", "decline_reason"]] = ["approved", None]


def other_way(frame: pd.DataFrame) -> None:
    row = frame.index[frame.channel == "chip"][0]
    frame.loc[row, "channel"] = "online"


SPOILS: dict[str, tuple[Callable[[pd.DataFrame], None], str, str]] = {
    "customer": (lambda f: shift(f, "customer_id"), "customer_id of rows", "but cards.customer_id[card_id] is"),
    "merchant": (lambda f: shift(f, "merchant_id"), "merchant_id of rows", "but terminals.merchant_id[terminal_id] is"),
    "category": (lambda f: shift(f, "category"), "category of rows", "but merchants.category[merchant_id] is"),
    "limit": (pass_limit, "rules of the generator", "is above its card's limit and passes"),
    "channel": (other_way, "rules of the generator", "is online at a merchant who is not"),
}


@pytest.mark.parametrize("name", SPOILS)
def test_a_row_that_contradicts_what_it_names_is_found(written: Path, tmp_path: Path, name: str) -> None:
    spoil, check, message = SPOILS[name]
    for path in written.rglob("*"):
        if path.is_file():
            target = tmp_path / path.relative_to(written)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    part = sorted((tmp_path / "transactions").glob("*.parquet"))[0]
    table = pq.read_table(part)
    frame = table.to_pandas(categories=[])
    for column in frame.select_dtypes("category"):
        frame[column] = frame[column].astype(object)
    spoil(frame)
    pq.write_table(pa.Table.from_pandas(frame, schema=table.schema, preserve_index=False), part)
    found = checks(tmp_path)[check]
    assert found.ok is False
    assert message in found.detail


def test_a_function_of_another_column_is_learnt_over_blocks() -> None:
    check, none = Decided("currency", "terminal_id"), np.empty(0, dtype=np.int64)
    for first, keys, texts in [(0, [1, 2, 1], ["USD", "EUR", "USD"]), (3, [], []), (3, [5, 2], ["EUR", "USD"])]:
        columns = {"terminal_id": pa.array(keys, pa.int64()), "currency": pa.array(texts, pa.string())}
        check.see(ReadRows(first, len(keys), columns, none))
    assert check.problem == "row 4 has currency USD; an earlier row with terminal_id 2 has another one"


def test_strict_fails_where_a_check_cannot_be_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = f"sink.csv.uri={tmp_path / 'run'}"
    columns = "columns.fields=[{name: t, source: time}, {name: amount, source: amount}]"
    assert main(["run", "scenario=card_chain", "generator.transactions=2000", columns, "sink=csv", place]) == 0
    capsys.readouterr()
    assert main(["verify", str(tmp_path / "run")]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("checks could be made")
    assert main(["verify", "--strict", str(tmp_path / "run")]) == 1
    assert "card and second: the view shows no card" in capsys.readouterr().err
