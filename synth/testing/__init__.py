"""The conformance kit: what every generator, fraud pattern, amount law, sink and runner has to keep.

In pytest, a test class names a component and inherits the checks::

    from synth.testing import InjectorContract

    class TestTapAndGo(InjectorContract):
        kind = "tap_and_go"
        plugin_files = ("tap_and_go.py",)

Outside pytest, ``check("scenario", "tap_and_go", plugin_files=["tap_and_go.py"])`` returns a result a check.
"""

from synth.testing.amounts import AmountContract
from synth.testing.block_runners import BlockRunnerContract
from synth.testing.checking import check, contract_for
from synth.testing.claimers import ClaimerContract
from synth.testing.contract import Broken, Contract, Result
from synth.testing.generators import GeneratorContract
from synth.testing.injectors import InjectorContract
from synth.testing.runners import RunnerContract
from synth.testing.sinks import SinkContract
from synth.testing.streams import StreamSinkContract

__all__ = [
    "AmountContract",
    "BlockRunnerContract",
    "Broken",
    "ClaimerContract",
    "Contract",
    "GeneratorContract",
    "InjectorContract",
    "Result",
    "RunnerContract",
    "SinkContract",
    "StreamSinkContract",
    "check",
    "contract_for",
]
