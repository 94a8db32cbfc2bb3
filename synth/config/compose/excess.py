"""What no configuration needs and no reader survives: deep nesting, and aliases that stand for millions of values."""

import re
from typing import Any

import yaml

Node = Any  # yaml's nodes come without types

_MOST_STEPS, _MOST_VALUES = 100, 10_000

TOO_DEEP = f"the nesting is too deep: more than {_MOST_STEPS} levels"
_ITSELF = "an anchor (&) holds an alias (*) of itself"
_TOO_MANY = f"more than {_MOST_VALUES:,} values, those that aliases (*) repeat counted each time"


class _Excess(Exception):
    """Ends the count."""


def find_excess(root: Node) -> tuple[str, Node] | None:
    """What is too much in a tree of nodes, and where; every node is looked at once, however often aliases repeat it."""
    known: dict[int, tuple[int, int]] = {}
    open_nodes: set[int] = set()

    def measure(node: Node, depth: int) -> tuple[int, int]:
        """The values and the levels below a node, itself included."""
        if id(node) in open_nodes:
            raise _Excess(_ITSELF, node)
        if id(node) not in known:
            if depth > _MOST_STEPS:
                raise _Excess(TOO_DEEP, node)
            open_nodes.add(id(node))
            below = [measure(child, depth + 1) for child in _children(node)]
            open_nodes.remove(id(node))
            known[id(node)] = (
                1 + sum(values for values, _ in below),
                1 + max((levels for _, levels in below), default=0),
            )
        values, levels = known[id(node)]
        if values > _MOST_VALUES:
            raise _Excess(_TOO_MANY, node)
        if depth + levels > _MOST_STEPS:
            raise _Excess(TOO_DEEP, node)
        return values, levels

    try:
        measure(root, 0)
    except _Excess as excess:
        message, node = excess.args
        return message, node
    return None


def _children(node: Node) -> list[Node]:
    if isinstance(node, yaml.MappingNode):
        return [each for pair in node.value for each in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def is_too_deep(override: str) -> bool:
    """Whether an override nests more brackets, or has more steps in its key, than a reader survives."""
    depth = most = override.partition("=")[0].count(".")
    for bracket in re.findall(r"[\[{(\])}]", override):
        depth += 1 if bracket in "[{(" else -1
        most = max(most, depth)
    return most > _MOST_STEPS
