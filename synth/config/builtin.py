"""The built-ins, registered through the same hooks as anybody's plugin."""

from synth import amount
from synth.contracts.hookspecs import SinkSpec, Spec, hookimpl
from synth.generators import clickstream_independent, uniform
from synth.generators.clickstream import ClickstreamConfig, ClickstreamGenerator
from synth.generators.spending import SpendingConfig, SpendingGenerator
from synth.injectors import (
    account_takeover,
    amount_threshold,
    bot_checkout,
    card_chain,
    compromised_terminal,
    credential_stuffing,
    stolen_card,
)
from synth.runners import local, processes
from synth.sinks import csv, jsonl, jsonl_stream, parquet, stdout


@hookimpl
def synth_generators() -> list[Spec]:
    """What honest people do."""
    return [
        Spec(uniform.UniformConfig, uniform.UniformGenerator),
        Spec(SpendingConfig, SpendingGenerator),
        Spec(ClickstreamConfig, ClickstreamGenerator),
        Spec(clickstream_independent.IndependentConfig, clickstream_independent.IndependentGenerator),
    ]


@hookimpl
def synth_injectors() -> list[Spec]:
    """What fraudsters do."""
    return [
        Spec(account_takeover.AccountTakeoverConfig, account_takeover.AccountTakeover),
        Spec(card_chain.CardChainConfig, card_chain.CardChain),
        Spec(amount_threshold.AmountThresholdConfig, amount_threshold.AmountThreshold),
        Spec(compromised_terminal.CompromisedTerminalConfig, compromised_terminal.CompromisedTerminal),
        Spec(stolen_card.StolenCardConfig, stolen_card.StolenCard),
        Spec(bot_checkout.BotCheckoutConfig, bot_checkout.BotCheckout),
        Spec(credential_stuffing.CredentialStuffingConfig, credential_stuffing.CredentialStuffing),
    ]


@hookimpl
def synth_amounts() -> list[Spec]:
    """What a purchase costs."""
    return [
        Spec(amount.BucketsConfig, amount.BucketLaw),
        Spec(amount.LognormalConfig, amount.BoundedLaw),
        Spec(amount.GammaConfig, amount.BoundedLaw),
        Spec(amount.ParetoConfig, amount.BoundedLaw),
        Spec(amount.MixtureConfig, amount.MixtureLaw),
    ]


@hookimpl
def synth_sinks() -> list[SinkSpec]:
    """Where the tables go."""
    return [
        SinkSpec(csv.CsvConfig, csv.CsvSink, place=True, receipts=True),
        SinkSpec(parquet.ParquetConfig, parquet.ParquetSink, place=True, receipts=True),
        SinkSpec(jsonl.JsonlConfig, jsonl.JsonlSink, place=True, receipts=True),
        SinkSpec(jsonl_stream.JsonlStreamConfig, jsonl_stream.JsonlStream, place=True, streams=True),
        SinkSpec(stdout.StdoutConfig, stdout.Stdout, streams=True, resumes=False, stdout=True, takes=stdout.takes),
    ]


@hookimpl
def synth_runners() -> list[Spec]:
    """On what the run runs."""
    return [Spec(local.LocalConfig, local.LocalRunner), Spec(processes.ProcessesConfig, processes.ProcessesRunner)]
