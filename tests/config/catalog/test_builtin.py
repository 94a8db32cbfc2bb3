"""The built-ins, which are loaded when they are needed: what is said of them before is so."""

import inspect
import pickle

import pytest

from synth.config import builtin
from synth.config.catalog import HOOKS
from synth.config.catalog.capabilities import refuse_misfit, refuse_odd_attributes
from synth.config.catalog.defaults import as_yaml, defaults_of
from synth.contracts.hookspecs import SinkSpec, Spec

SPECS = [(group, spec) for group, hook in HOOKS.items() for spec in getattr(builtin, hook)()]


def test_there_are_built_ins_of_every_group() -> None:
    assert {group for group, _ in SPECS} == {*HOOKS}


@pytest.mark.parametrize(("group", "spec"), SPECS, ids=[f"{group}-{spec.name}" for group, spec in SPECS])
def test_a_built_in_is_what_a_plugin_has_to_be(group: str, spec: Spec) -> None:
    assert spec.name == spec.config.__dataclass_fields__["kind"].default
    assert as_yaml(defaults_of(spec.config))
    refuse_odd_attributes(spec, group)
    if isinstance(spec, SinkSpec):
        refuse_misfit(spec)
        assert spec.takes is None or "config" in inspect.signature(spec.takes).parameters
    sent = pickle.loads(pickle.dumps(spec))
    assert (sent, sent.name, sent.factory) == (spec, spec.name, spec.factory)
