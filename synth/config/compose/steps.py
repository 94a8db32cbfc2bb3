"""Follows the key of an override into the configuration, and checks it where it leads into a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf

from synth.config.compose.loading import DELETES_ENTRIES
from synth.config.compose.overrides import Given
from synth.errors import Problem

#: Keys that a message names.
_MANY = 3


@dataclass(frozen=True, kw_only=True)
class Reached:
    """The end of the way that exists. Taken before an override is carried out, which may destroy it and fail.

    Attributes:
        steps: of the key.
        taken: how many of them lead somewhere.
        node: where they end.
        owner: what holds ``node``.
    """

    steps: list[str]
    taken: int
    node: Any
    owner: Any


def whole_keys(steps: Sequence[str], config: DictConfig) -> tuple[str, ...]:
    """The keys that end with these steps, where somebody left out what they begin with; none where they are many."""
    found: list[str] = []

    def look(node: Any, above: str) -> None:
        for key, value in node.items() if isinstance(node, dict) else ():
            below = f"{above}.{key}".lstrip(".")
            if above and f".{below}".endswith(f".{'.'.join(steps)}"):
                found.append(below)
            look(value, below)

    look(OmegaConf.to_container(config, resolve=False), "")
    return tuple(found) if len(found) <= _MANY else ()


def reach(item: Given, config: DictConfig) -> Reached:
    """Follow the key of an override as far as it leads."""
    steps = item.key.split(".")
    node: Any = config
    owner: Any = config
    for taken, step in enumerate(steps):
        if isinstance(node, ListConfig) and step.isdecimal() and int(step) < len(node):
            owner, node = node, node._get_node(int(step))
        elif isinstance(node, DictConfig) and step in node:
            owner, node = node, node._get_node(step)
        else:
            return Reached(steps=steps, taken=taken, node=node, owner=owner)
    return Reached(steps=steps, taken=len(steps), node=node, owner=owner)


def broken_list_step(item: Given, reached: Reached) -> Problem | None:
    """Why an override cannot be carried out at a list; None where no list is the reason."""
    deletes = item.parsed.is_delete()
    if reached.taken < len(reached.steps):
        entries, owner = reached.node, reached.owner
        path, step = ".".join(reached.steps[: reached.taken]), reached.steps[reached.taken]
    elif deletes and not DELETES_ENTRIES:
        entries, owner = reached.owner, reached.owner._get_parent()
        path, step = ".".join(reached.steps[:-1]), reached.steps[-1]
    else:
        return None
    if not isinstance(entries, ListConfig):
        return None
    numbers = f"0 to {len(entries) - 1}" if len(entries) > 1 else "0" * len(entries)
    if not step.isdecimal():
        message = f"'{path}' is a list: its entries have numbers, not names such as '{step}'"
    elif int(step) >= len(entries):
        held = f"{len(entries)} {'entry' if len(entries) == 1 else 'entries'}"
        message = f"'{path}' has {held}, and none with the number {step}"
    else:
        message, numbers = f"'{item.key}' is an entry of a list, which cannot be deleted alone", ""
    hint = _instead(path, owner, deletes=deletes)
    return Problem(path=item.key, message=message, where=item.where, allowed=(numbers,) if numbers else (), hint=hint)


def _instead(path: str, owner: Any, *, deletes: bool) -> str:
    """How to change a list: as a whole; or by name, where the mapping that holds it has a place for that."""
    whole = f"give the whole list: {path}=[…]"
    parent = path.rpartition(".")[0]
    if deletes and "drop" in owner:
        return f"{parent}.drop=[<name>] leaves one out, or {whole}"
    return f"+{parent}.add.<name>=… adds one by name, or {whole}" if "add" in owner and not deletes else whole
