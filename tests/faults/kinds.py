"""What can be written where, by what the sinks declare: each sink and layout, here and on S3, and pairs."""

import itertools
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

from synth.config.catalog import load_catalog
from synth.contracts.hookspecs import SinkSpec
from tests.faults.commands import SQLITE

#: Scheme of a sink's uris → the server that tests start for it.
SERVERS = {"postgresql": "postgres"}


@dataclass(frozen=True)
class Kind:
    """What a run writes to.

    Attributes:
        name: in tables.
        overrides: with ``{place}`` where the place stands, and ``{beside}`` for a directory beside it.
        uris: of the readers, likewise.
        server: which server it needs; empty for none.
        half: whether ``synth verify`` has a check by which it tells a run of this kind that was published half-way.
        linked: whether a link leads to the folder of the run, for readers who list files.
    """

    name: str
    overrides: tuple[str, ...]
    uris: tuple[str, ...]
    server: str = ""
    half: bool = False
    linked: bool = False

    @property
    def local(self) -> bool:
        """Whether it is a directory."""
        return not self.server


def specs() -> dict[str, SinkSpec]:
    """The sinks of what is installed that replace one run by another; a stream follows rules of its own.

    One whose libraries are missing is not among them.
    """
    catalog = load_catalog([SQLITE], [])
    found = {name: spec for name, [(_, spec)] in catalog.kinds["sink"].items() if not catalog.lack("sink", name)}
    return {n: s for n, s in found.items() if isinstance(s, SinkSpec) and s.has_uri and not s.streams}


def kinds() -> list[Kind]:
    """All of them: each sink and layout by itself, then each sink with its neighbour."""
    catalog = load_catalog([SQLITE], [])
    checked = {name for _, check in catalog.checks for name in check.sinks}
    singles = [kind for name, spec in specs().items() for kind in _singles(name, spec, half=name in checked)]
    local = [kind for kind in singles if kind.local and "," not in kind.name]
    return [*singles, *(_pair(a, b) for a, b in zip(local, [*local[1:], local[0]], strict=True))]


def _singles(name: str, spec: SinkSpec, *, half: bool) -> Iterator[Kind]:
    if spec.schemes:
        assert spec.schemes[0] in SERVERS, f"sink {name!r}: no server for {spec.schemes[0]}:// is known here"
        uri = (f"sink.{name}.uri='{{place}}'",)
        yield Kind(name, (f"sink={name}", *uri), ("{place}",), SERVERS[spec.schemes[0]], half)
        return
    layouts = _choices(spec.config, "layout") or ("",)
    for layout, server in itertools.product(layouts, ("", "moto")):
        overrides = [f"sink={name}", f"sink.{name}.uri={{place}}/a"]
        overrides += [f"sink.{name}.layout={layout}"] if layout else []
        overrides += [f"sink.{name}.catalog=sqlite:///{{beside}}/catalog.db"] * bool(server and _has_catalog(spec))
        shown = f"{name}, {layout}" if layout and layout != layouts[0] else name
        yield Kind(shown + " on S3" * bool(server), tuple(overrides), ("{place}/a",), server, half)
        if layout in ("", "parts") and "partition_by" in spec.config.__dataclass_fields__:
            folders = (*overrides, f"sink.{name}.partition_by=[day]")
            yield Kind(f"{name}, in partitions" + " on S3" * bool(server), folders, ("{place}/a",), server, half)
        if layout == layouts[0] and "always" in _choices(spec.config, "run_folder"):
            overrides += [f"sink.{name}.run_folder=always"]
            shown = f"{name}, a folder a run" + " on S3" * bool(server)
            yield Kind(shown, tuple(overrides), ("{place}/a",), server, half, linked=not server)


def _pair(one: Kind, other: Kind) -> Kind:
    both = f"sink=[{one.name},{other.name}]"
    second = [text.replace("{place}/a", "{place}/b") for text in other.overrides[1:]]
    overrides = (both, *one.overrides[1:], *second)
    return Kind(f"{one.name} and {other.name}", overrides, ("{place}/a", "{place}/b"), "", one.half or other.half)


def _choices(config: type[Any], name: str) -> tuple[str, ...]:
    """The words that a field takes; none where it is missing or takes others."""
    hint = typing.get_type_hints(config, include_extras=True).get(name)
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    return get_args(hint) if get_origin(hint) is Literal else ()


def _has_catalog(spec: SinkSpec) -> bool:
    return "catalog" in spec.config.__dataclass_fields__
