"""The grammar of a session, and small shops to try it on."""

import re
from dataclasses import replace
from functools import cache
from typing import Any

import pandas as pd

from synth.config.recipe import load_recipe
from synth.contracts.sessions import EVENT_TYPES
from synth.generators.clickstream.config import ClickstreamConfig

SHOP = ("generator=clickstream", "amount=price_list", "columns=clickstream_full", "population.cards=1000")
LETTERS = dict(zip(EVENT_TYPES, "PCABLF", strict=True))

#: Logins that fail, one that works, products with their steps, then purchases.
SESSION = re.compile(r"F*L?(?:PC?|PCA)*B*")


@cache
def built_in() -> ClickstreamConfig:
    config: ClickstreamConfig = load_recipe(["generator=clickstream"])[0].generator.config
    return config


def shop(**changes: Any) -> ClickstreamConfig:
    """The built-in shop with other values; a mapping changes a section."""
    config = built_in()
    sections = {
        name: replace(getattr(config, name), **value) if isinstance(value, dict) else value
        for name, value in changes.items()
    }
    return replace(config, **sections)


def broken(steps: str, products: list[int]) -> bool:
    """Whether a whole session breaks the rules: its steps, or what it does to which product."""
    if not SESSION.fullmatch(steps):
        return True
    pages = [at for at, step in enumerate(steps) if step == "P"]
    for at in pages:
        following = re.match("PC?A?", steps[at:])
        assert following
        if len(set(products[at : at + following.end()])) > 1:
            return True
    logins = {product for product, step in zip(products, steps, strict=True) if step in "FL"}
    carts = [product for product, step in zip(products, steps, strict=True) if step == "A"]
    bought = [product for product, step in zip(products, steps, strict=True) if step == "B"]
    return len(logins) > 1 or (bool(bought) and bought != carts)


def sessions(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a session: its steps as letters, its products, its first and last second."""
    ordered = frame.assign(step=frame.event_type.map(LETTERS)).groupby("session_id", sort=False)
    return pd.DataFrame(
        {
            "steps": ordered.step.agg("".join),
            "products": ordered.product_id.agg(list),
            "first": ordered.timestamp.min(),
            "last": ordered.timestamp.max(),
        }
    )
