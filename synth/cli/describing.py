"""What ``synth describe`` says of a recipe's keys, of generators' columns, and of what a choice chooses and sets."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from synth.config.catalog import HOOKS, MULTIPLE, Catalog
from synth.config.compose import Composed, Option, value_at
from synth.config.recipe import FIXED, RunConfig
from synth.config.typed import read_config
from synth.errors import SynthError
from synth.tables.column import Column

Keys = list[dict[str, str]]


def own_columns(catalog: Catalog, config: Mapping[str, Any], kind: str) -> tuple[Column, ...]:
    """The columns that a generator adds to events, by a configuration of it; none where it cannot be made by that."""
    spec = catalog.find("generator", kind)
    typed, problems = read_config("generator", spec.config, config) if spec else (None, [])
    if not spec or problems:
        return ()
    try:
        return tuple(getattr(spec.factory(typed), "columns", ()))
    except (SynthError, ValueError, TypeError, KeyError):
        return ()


def configs_at(path: str, config: Mapping[str, Any], catalog: Catalog) -> Iterator[tuple[str, type[Any], str]]:
    """(whose, config class, path within it) of each component that a dotted config path may be of."""
    head, _, rest = path.partition(".")
    if head in FIXED:
        yield head, FIXED[head], rest
    elif head in MULTIPLE:
        instance, _, rest = rest.partition(".")
        kind = (config.get(head) or {}).get(instance, {}).get("kind", instance)
        if spec := catalog.find(head, kind):
            yield f"{head} kind {kind}", spec.config, rest
    elif head in HOOKS:
        for kind in catalog.names(head):
            if spec := catalog.find(head, kind):
                yield f"{head} kind {kind}", spec.config, rest
    elif not rest:
        yield "every recipe", RunConfig, head


def keys_at(keys: Keys, wanted: str) -> Keys:
    """The key that a path names, any name or index where the key has a star, and those below it; all for no path."""
    steps = wanted.split(".") if wanted else []

    def fits(key: str) -> bool:
        own = key.split(".")
        return len(own) >= len(steps) and all(mine in ("*", step) for mine, step in zip(own, steps, strict=False))

    return [key for key in keys if fits(key["key"])]


def chosen_by(option: Option, composed: Composed) -> dict[str, str]:
    """What the file of an option chooses in other groups."""
    return {
        group: choice if isinstance(choice, str) else f"[{','.join(choice)}]"
        for group, choice in composed.choices.items()
        if _is_of(composed.chosen_at.get(group, ""), option)
    }


def set_by(option: Option, composed: Composed) -> dict[str, str]:
    """The values that the file of an option sets, by config path."""
    found: dict[str, str] = {}
    for path, where in composed.origins.items():
        value = value_at(composed.config, path)
        below_a_list = any(path.startswith(f"{other}.") for other in found)
        if _is_of(where, option) and not below_a_list and not (isinstance(value, dict) and value):
            found[path] = json.dumps(value)
    return found


def _is_of(where: str, option: Option) -> bool:
    return re.sub(r":\d+$", "", where) == option.where
