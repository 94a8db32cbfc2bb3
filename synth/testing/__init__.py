"""The conformance kit: what every generator, fraud pattern, amount law, sink and runner has to keep.

In pytest, a test class names a component and inherits the checks::

    from synth.testing import InjectorContract

    class TestTapAndGo(InjectorContract):
        kind = "tap_and_go"
        plugin_files = ("tap_and_go.py",)

Outside pytest, ``check("scenario", "tap_and_go", plugin_files=["tap_and_go.py"])`` returns a result a check.
"""

from synth.testing.checking import check, contract_for
from synth.testing.contract import Broken, Contract, Result
from synth.testing.generators import GeneratorContract
from synth.testing.injectors import InjectorContract

__all__ = ["Broken", "Contract", "GeneratorContract", "InjectorContract", "Result", "check", "contract_for"]
