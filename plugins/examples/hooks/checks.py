"""A check that `synth verify` makes of every output, beside its own."""

from collections.abc import Iterator

import synth


def no_large_amounts(output: synth.Output) -> Iterator[str]:
    """Yields a line for each thing that is wrong."""
    for batch in output.batches("transactions"):
        large = sum(amount > 5000 for amount in batch.column("amount").to_pylist())
        if large:
            yield f"{large} amounts above 5,000"


@synth.hookimpl
def synth_checks() -> list[synth.CheckSpec]:
    """Not made of an output whose view shows no amount."""
    return [synth.CheckSpec("no large amounts", no_large_amounts, needs=("amount",))]
