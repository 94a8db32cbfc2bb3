"""The built-ins, registered through the same hooks as anybody's plugin, and loaded one by one as recipes need them."""

from typing import TYPE_CHECKING

from synth.config.later import LaterSinkSpec, LaterSpec
from synth.contracts.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    import pyarrow as pa

    from synth.contracts.output import ColumnEntry
    from synth.sinks.stdout import StdoutConfig


@hookimpl
def synth_generators() -> list[LaterSpec]:
    """What honest people do."""
    spending, clickstream = "synth.generators.spending", "synth.generators.clickstream"
    alone = "synth.generators.clickstream_independent"
    return [
        LaterSpec("uniform", "synth.generators.uniform:UniformConfig", "synth.generators.uniform:UniformGenerator"),
        LaterSpec("spending", f"{spending}.config:SpendingConfig", f"{spending}.generator:SpendingGenerator"),
        LaterSpec(
            "clickstream", f"{clickstream}.config:ClickstreamConfig", f"{clickstream}.generator:ClickstreamGenerator"
        ),
        LaterSpec("clickstream_independent", f"{alone}:IndependentConfig", f"{alone}:IndependentGenerator"),
    ]


@hookimpl
def synth_injectors() -> list[LaterSpec]:
    """What fraudsters do."""
    return [
        _pattern("account_takeover", "AccountTakeover"),
        _pattern("card_chain", "CardChain"),
        _pattern("amount_threshold", "AmountThreshold"),
        _pattern("compromised_terminal", "CompromisedTerminal"),
        _pattern("stolen_card", "StolenCard"),
        _pattern("bot_checkout", "BotCheckout"),
        _pattern("credential_stuffing", "CredentialStuffing"),
    ]


def _pattern(name: str, injector: str) -> LaterSpec:
    module = f"synth.injectors.{name}"
    return LaterSpec(name, f"{module}:{injector}Config", f"{module}:{injector}")


@hookimpl
def synth_amounts() -> list[LaterSpec]:
    """What a purchase costs."""
    return [
        _law("buckets", "BucketsConfig", "BucketLaw"),
        _law("lognormal", "LognormalConfig", "BoundedLaw"),
        _law("gamma", "GammaConfig", "BoundedLaw"),
        _law("pareto", "ParetoConfig", "BoundedLaw"),
        _law("mixture", "MixtureConfig", "MixtureLaw"),
    ]


def _law(name: str, config: str, law: str) -> LaterSpec:
    return LaterSpec(name, f"synth.amount:{config}", f"synth.amount:{law}")


@hookimpl
def synth_sinks() -> list[LaterSinkSpec]:
    """Where the tables go."""
    lines, stdout, pickles = "synth.sinks.jsonl_stream", "synth.sinks.stdout", "synth.sinks.pickles"
    kept = {"place": True, "receipts": True}
    streamed = {"streams": True, "resumes": False, "stdout": True, "takes": _takes_of_stdout}
    return [
        LaterSinkSpec("csv", "synth.sinks.csv:CsvConfig", "synth.sinks.csv:CsvSink", **kept),
        LaterSinkSpec("parquet", "synth.sinks.parquet:ParquetConfig", "synth.sinks.parquet:ParquetSink", **kept),
        LaterSinkSpec("jsonl", "synth.sinks.jsonl:JsonlConfig", "synth.sinks.jsonl:JsonlSink", **kept),
        LaterSinkSpec("pickles", f"{pickles}:PicklesConfig", f"{pickles}:PicklesSink", **kept, reads=_read),
        LaterSinkSpec("jsonl_stream", f"{lines}:JsonlStreamConfig", f"{lines}:JsonlStream", place=True, streams=True),
        LaterSinkSpec("stdout", f"{stdout}:StdoutConfig", f"{stdout}:Stdout", **streamed),
    ]


def _read(stream: "BinaryIO", table: str, columns: "Sequence[ColumnEntry]") -> "Iterator[pa.RecordBatch]":
    from synth.sinks.pickles import read_pickle

    return read_pickle(stream, table, columns)


def _takes_of_stdout(config: "StdoutConfig") -> list[tuple[str, ...]]:
    from synth.sinks.stdout import takes

    return takes(config)


@hookimpl
def synth_runners() -> list[LaterSpec]:
    """On what the run runs."""
    return [
        LaterSpec("local", "synth.runners.local:LocalConfig", "synth.runners.local:LocalRunner"),
        LaterSpec("processes", "synth.runners.processes:ProcessesConfig", "synth.runners.processes:ProcessesRunner"),
    ]
