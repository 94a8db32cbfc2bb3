"""What a view gains, loses and renames without repeating all of it."""

import json
from pathlib import Path
from typing import Any

import pytest

import synth
from synth.config.recipe import Recipe, load_recipe
from synth.tables.views import event_table

TINY = ("generator.transactions=300", "block_rows=1000", "population.cards=50")
NOTEBOOK = ["tid", "datetime", "cc_num", "amount", "fraud_label"]


def recipe(*overrides: str, **places: Any) -> Recipe:
    return load_recipe(overrides, **places)[0]


def shown(*overrides: str, **places: Any) -> list[tuple[str, str, str]]:
    table = event_table(recipe(*overrides, **places).columns)
    return [(field.name, field.column.name, field.format) for field in table.fields]


def test_a_column_is_added_last() -> None:
    assert [name for name, _, _ in shown()] == NOTEBOOK
    assert shown("+columns.add.hour=time") == [*shown(), ("hour", "time", "iso")]
    assert shown('+columns.add.hour={source: time, format: "%H"}')[-1] == ("hour", "time", "%H")
    assert shown("+columns.add.hour.source=time", "+columns.add.hour.format=epoch_s")[-1] == ("hour", "time", "epoch_s")


def test_added_columns_come_by_name_in_whatever_order_they_are_given() -> None:
    one = recipe("+columns.add.b=time", "+columns.add.a=event_id")
    other = recipe("+columns.add={a: event_id, b: time}")
    assert [field.name for field in one.columns.shown()] == [*NOTEBOOK, "a", "b"]
    assert one.columns.shown() == other.columns.shown()
    assert one.fingerprint == other.fingerprint


def test_columns_are_dropped_and_renamed_where_they_stand() -> None:
    found = shown("columns.drop=[cc_num,tid]", "+columns.rename.amount=amt")
    assert [name for name, _, _ in found] == ["datetime", "amt", "fraud_label"]
    assert found[1] == ("amt", "amount", "float")


def test_a_dropped_column_makes_room_for_an_added_one() -> None:
    assert shown("columns.drop=[amount]", "+columns.add.amount=amount_minor")[-1] == ("amount", "amount_minor", "plain")


def test_an_added_column_may_be_an_entitys() -> None:
    assert recipe("population=tiny", "+columns.add.network=cards.network").columns.looked_up() == {"cards"}
    network = "columns.fields=[{name: network, source: cards.network},{name: tid, source: tid}]"
    assert recipe("population=tiny", network, "columns.drop=[network]").columns.looked_up() == set()


def test_a_view_of_ones_own_edits_another(tmp_path: Path) -> None:
    file = tmp_path / "columns/mine.yaml"
    file.parent.mkdir()
    file.write_text("defaults: [notebook, _self_]\nadd: {cents: amount_minor}\ndrop: [tid]\nrename: {cc_num: pan}\n")
    names = [name for name, _, _ in shown("columns=mine", config_dirs=[tmp_path])]
    assert names == ["datetime", "pan", "amount", "fraud_label", "cents"]
    more = [name for name, _, _ in shown("columns=mine", "+columns.add.id=event_id", config_dirs=[tmp_path])]
    assert more == [*names, "id"]


def test_the_data_are_edited() -> None:
    plain = synth.generate(*TINY)
    edits = ("columns.drop=[cc_num]", "+columns.rename.amount=amt", "+columns.add.card=card_number")
    edited = synth.generate(*TINY, *edits)
    assert list(edited.columns) == ["tid", "datetime", "amt", "fraud_label", "card"]
    assert edited.amt.tolist() == plain.amount.tolist()
    assert edited.card.tolist() == plain.cc_num.tolist()


@pytest.mark.parametrize("idle", [(), ("columns.drop=[]",), ("+columns.add={}", "+columns.rename={}")])
def test_edits_that_change_nothing_are_no_part_of_a_recipe(idle: tuple[str, ...], tmp_path: Path) -> None:
    found = recipe(*idle)
    assert list(found.content["columns"]) == ["fields"]
    assert found.fingerprint == recipe().fingerprint
    assert recipe("+columns.add.hour=time").fingerprint != found.fingerprint
    assert json.loads(json.dumps(recipe("columns.drop=[tid]").content["columns"]))["drop"] == ["tid"]
