"""The built-in world of the corpus: what there was when its texts were written, whatever has come since.

An option, a kind or a column that is added later changes none of the texts. That real lists are told in full is
checked beside them, against the catalog.
"""

from collections.abc import Sequence
from dataclasses import replace

from synth.config.catalog import BUILT_IN, Catalog, load_catalog
from synth.config.compose import ConfigSource, Memory, Offered, Written, builtin_conf, search_roots
from synth.config.compose.composing import compose_roots
from synth.config.recipe import Recipe, build_recipe
from synth.tables.declared import EVENT_COLUMNS
from synth.tables.people import ENTITY_COLUMNS, LOOKUP_KEYS

#: Group → its options; a group that is not here is taken as it is.
CHOICES = {
    "amount": [
        "buckets",
        "gamma",
        "lognormal",
        "mixture",
        "notebook_spans",
        "pareto",
        "price_list",
    ],
    "clicks": [
        "none",
        "shop",
    ],
    "clock": [
        "backfill_live",
        "batch",
        "bursts",
        "poisson",
        "ramp",
        "rate",
        "realtime",
        "rebased",
        "replay",
        "steps",
    ],
    "columns": [
        "clickstream",
        "clickstream_full",
        "full",
        "handbook",
        "notebook",
        "payments",
        "sparkov",
        "spending",
    ],
    "experiment": [
        "account_takeover",
        "clickstream",
        "clickstream_independent",
        "drift",
        "handbook",
        "handbook_fixed",
        "notebook",
        "retail_eu",
        "retail_us",
        "sparkov",
        "tiny",
    ],
    "generator": [
        "clickstream",
        "clickstream_independent",
        "handbook",
        "spending",
        "uniform",
    ],
    "noise": [
        "network",
        "none",
    ],
    "population": [
        "handbook",
        "mixed",
        "retail_eu",
        "retail_us",
        "tiny",
        "visa",
    ],
    "reporting": [
        "chargebacks",
        "noisy",
        "none",
        "week",
    ],
    "runner": [
        "local",
        "processes",
    ],
    "scenario": [
        "account_takeover",
        "amount_threshold",
        "bot_checkout",
        "card_chain",
        "compromised_terminal",
        "credential_stuffing",
        "stolen_card",
    ],
    "sink": [
        "csv",
        "csv_s3",
        "jsonl",
        "jsonl_stream",
        "parquet",
        "stdout",
    ],
}

#: Group → its kinds.
KINDS = {
    "generator": [
        "clickstream",
        "clickstream_independent",
        "spending",
        "uniform",
    ],
    "amount": [
        "buckets",
        "gamma",
        "lognormal",
        "mixture",
        "pareto",
    ],
    "scenario": [
        "account_takeover",
        "amount_threshold",
        "bot_checkout",
        "card_chain",
        "compromised_terminal",
        "credential_stuffing",
        "stolen_card",
    ],
    "sink": [
        "csv",
        "jsonl",
        "jsonl_stream",
        "parquet",
        "stdout",
    ],
    "runner": [
        "local",
        "processes",
    ],
}

#: Lists of columns, which no catalog holds → what stands for them in the texts.
COLUMNS = {", ".join(EVENT_COLUMNS): "<the event columns>"} | {
    ", ".join(f"{table}.{name}" for name in ENTITY_COLUMNS[table]): f"<the columns of {table}>" for table in LOOKUP_KEYS
}


def pinned_root() -> ConfigSource:
    """The built-in root with these options only."""
    offered = {}
    for file in sorted(builtin_conf().rglob("*.yaml")):
        path = file.relative_to(builtin_conf()).with_suffix("").as_posix()
        group, _, name = path.rpartition("/")
        if name in CHOICES.get(group, [name]):
            written = Written(label=f"synth:conf/{path}.yaml", file=file)
            offered[path] = Offered(text=file.read_text(encoding="utf-8"), written=written)
    return Memory(provider="synth", offered=offered)


def pinned_catalog() -> Catalog:
    """The built-in components of these kinds only."""
    [builtin] = [provider for provider in load_catalog().providers if provider.source == BUILT_IN]
    specs = tuple((group, spec) for group, spec in builtin.specs if spec.name in KINDS[group])
    return Catalog((replace(builtin, specs=specs),))


ROOT, CATALOG = pinned_root(), pinned_catalog()


def load_pinned(overrides: Sequence[str]) -> Recipe:
    """As ``load_recipe`` does: over a marked ``./conf`` and the pinned world."""
    roots = [ROOT if root.provider == "synth" else root for root in search_roots()]
    with CATALOG.noting_broken_plugins():
        composed = compose_roots(overrides, roots)
    return build_recipe(composed, CATALOG)


def hide_columns(text: str) -> str:
    """A text without the lists of columns that may grow."""
    for listed, placeholder in COLUMNS.items():
        text = text.replace(listed, placeholder)
    return text
