"""Runs the checks of one component outside pytest."""

import time
import traceback
from collections.abc import Collection, Sequence
from pathlib import Path

from synth.config.catalog import Catalog
from synth.contracts.claimer import Claimer
from synth.contracts.hookspecs import SinkSpec, Spec
from synth.errors import PluginError
from synth.testing.amounts import AmountContract
from synth.testing.bench import load
from synth.testing.block_runners import BlockRunnerContract
from synth.testing.claimers import ClaimerContract
from synth.testing.contract import Broken, Contract, Result, Unjudged, rule_of
from synth.testing.generators import GeneratorContract
from synth.testing.injectors import InjectorContract
from synth.testing.runners import RunnerContract
from synth.testing.sinks import SinkContract
from synth.testing.streams import StreamSinkContract
from synth.wording import hide_secrets, one_line

_ALL: tuple[type[Contract], ...] = (GeneratorContract, AmountContract, InjectorContract, SinkContract, RunnerContract)
CONTRACTS: dict[str, type[Contract]] = {each.group: each for each in _ALL}


def contract_for(group: str, spec: Spec | None = None) -> type[Contract]:
    """The contract of a group of the catalog; of two of a group that of the component.

    >>> synth.testing.contract_for("scenario").__name__
    'InjectorContract'

    Args:
        group: generator, amount, scenario, sink or runner.
        spec: what the catalog has of the component.

    Returns:
        The class that a test class derives from.
    """
    if isinstance(spec, SinkSpec) and spec.streams:
        return StreamSinkContract
    if spec and isinstance(spec.factory, type) and issubclass(spec.factory, Claimer):
        return ClaimerContract
    if group == "runner" and spec and isinstance(spec.factory, type) and not hasattr(spec.factory, "map"):
        return BlockRunnerContract
    return CONTRACTS[group]


def check(
    group: str,
    kind: str,
    *,
    plugin_files: Sequence[str | Path] = (),
    plugins_dirs: Sequence[str | Path] = (),
    catalog: Catalog | None = None,
    option: str = "",
    overrides: Sequence[str] = (),
    only: str = "",
) -> list[Result]:
    """Makes every check of one component; whatever its code does becomes a result.

    >>> [result] = synth.testing.check("amount", "lognormal", only="test_amounts_are_int64_in_range")
    >>> result.ok
    True

    Args:
        group: generator, amount, scenario, sink or runner.
        kind: which component of the group.
        plugin_files: Python files to load as plugins.
        plugins_dirs: folders of plugins to load.
        catalog: where to find the component, instead of loading these plugins.
        option: the YAML choice to start from; empty for that of the kind's name, or else the first one of the kind.
        overrides: changes to the recipe, as on the command line.
        only: the name of the one check to make, e.g. ``test_no_clock``; empty for all.

    Returns:
        A result a check; a single failed one where the component cannot even be loaded.
    """
    started = time.perf_counter()
    try:
        catalog = catalog or load(tuple(map(Path, plugin_files)), tuple(map(Path, plugins_dirs)))
        spec = catalog.find(group, kind)
        contract = contract_for(group, spec)
        named = {"kind": kind, "option": option, "overrides": tuple(overrides), "catalog": catalog}
        component: Contract = type(f"{kind}_contract", (contract,), named)()
        files = component.bench.files
    except PluginError as error:
        return [Result("The component can be loaded", False, _shown(str(error)), time.perf_counter() - started)]
    return [_judge(component, name, files) for name in ([only] if only else component.checks())]


def _judge(component: Contract, name: str, files: Collection[str]) -> Result:
    check = getattr(component, name)
    ok: bool | None = True
    seen, started = "", time.perf_counter()
    try:
        check()
    except Broken as broken:
        ok, seen = False, f"{broken.seen} ({broken.where})" if broken.where else broken.seen
    except Unjudged as reason:
        ok, seen = None, str(reason)
    except Exception as error:  # noqa: BLE001 — it is the plugin's, whatever it is
        ok, seen = False, describe(error, files)
    return Result(rule_of(check), ok, _shown(seen), time.perf_counter() - started)


def _shown(text: str) -> str:
    return one_line(hide_secrets(text))


def describe(error: BaseException, files: Collection[str]) -> str:
    """An exception's type and message in one line, with the innermost line of these files that it went through."""
    message = f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0]}"
    cause: BaseException | None = error
    while cause is not None:
        frames = [frame for frame in traceback.extract_tb(cause.__traceback__) if frame.filename in files]
        if frames:
            return f"{message} ({Path(frames[-1].filename).name}:{frames[-1].lineno})"
        cause = cause.__cause__
    return message
