"""Every preset at a small size, with every scenario that fits it: worlds for tests of what must hold in all."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pandas as pd

from synth.config.compose import compose, list_options
from synth.config.recipe import load_recipe
from synth.engine.prepare import prepare
from synth.errors import ConfigError, RefusedError
from tests.worlds import tables_of

PRESETS = [option.name for option in list_options()["experiment"]]
SCENARIOS = [option.name for option in list_options()["scenario"]]


def small(preset: str) -> Iterator[str]:
    """A preset with few people, many episodes, and clicks where there can be any."""
    yield f"experiment={preset}"
    config: Any = compose([f"experiment={preset}"]).config
    yield from (f"sink.{name}.uri=null" for name, sink in config["sink"].items() if sink.get("uri"))
    kind = config["generator"]["kind"]
    shop = kind.startswith("clickstream")
    if kind == "spending":
        yield from ("population.cards=700", "population.customers.number=600", "population.merchants.number=200")
        yield from ("population.merchants.terminals=400", "population.tables=null", "columns=spending")
        if "cities" in config["population"] and config["population"].get("cities"):
            yield "population.cities.number=3"
        try:
            load_recipe([f"experiment={preset}", "columns=spending", "clicks=shop"])
            yield from ("clicks=shop", "clicks.shop.devices.new=0.3")
        except ConfigError:
            pass
    else:
        yield "columns=clickstream_full" if kind == "clickstream" else "columns=clickstream" if shop else "columns=full"
    if "transactions" in config["generator"]:
        yield f"generator.transactions={60_000 if shop or preset == 'sparkov' else 30_000}"
    yield "block_rows=9000"


@cache
def world(preset: str) -> tuple[tuple[str, ...], dict[str, pd.DataFrame]]:
    """The scenarios that fit a preset, and the tables of a run with all of them on top of its control world."""
    words = [*small(preset)]
    names = [name for name in SCENARIOS if fits([*words, f"scenario=[{name}]"])]
    chosen = [*words, f"scenario=[{','.join(names)}]"]
    config = compose(chosen).config["scenario"]
    chosen += [f"scenario.{name}.ratio=0.04" for name in names if "ratio" in config[name]]
    chosen += [f"scenario.{name}.mode=add" for name in names if "mode" in config[name]]
    chosen += [f"scenario.{name}.logins={{min: 3, max: 12}}" for name in names if "logins" in config[name]]
    prepared = prepare(load_recipe(chosen)[0])
    once = {batch.table.name: batch.native.to_pandas() for batch in prepared.extra}
    return tuple(names), once | tables_of(prepared)


def fits(words: list[str]) -> bool:
    try:
        return bool(load_recipe(words))
    except (ConfigError, RefusedError):
        return False
