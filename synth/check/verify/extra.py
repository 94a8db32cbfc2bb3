"""The checks that plugins bring."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from itertools import islice

from synth.check.verify.rows import Check
from synth.check.verify.tables import sources_of
from synth.contracts.hookspecs import CheckSpec
from synth.contracts.output import Output
from synth.wording import on_one_line

#: A check that yields a line for each of a million rows is stopped here.
_MOST = 1000


def plugin_checks(output: Output, checks: Sequence[tuple[str, CheckSpec]]) -> Iterator[Check]:
    """Makes each check of the loaded plugins, under the plugin's name; one that raises has failed."""
    there = {name for name in output.manifest["tables"] if not output.lacks(name)}
    shown = {*sources_of(output, "transactions"), *there}
    for plugin, check in checks:
        if check.sinks and output.manifest["sink"].get("kind") not in check.sinks:
            continue
        name = f"{plugin}: {check.name}"
        absent = next((need for need in check.needs if need not in shown), "")
        if absent:
            yield Check(name, None, f"the output has no {absent}")
            continue
        problems = _run(check, output)
        more = f", and {len(problems) - 1:,} more" if len(problems) > 1 else ""
        yield Check(name, not problems, f"{problems[0]}{more}" if problems else "nothing is wrong")


def _run(check: CheckSpec, output: Output) -> list[str]:
    """What a check yields, each in one line."""
    problems: list[str] = []
    try:
        with redirect_stdout(sys.stderr):
            found = check.function(output)
            if isinstance(found, str) or not hasattr(found, "__iter__"):
                raise TypeError(f"it returned {found!r} instead of yielding a line for each thing that is wrong")
            problems.extend(on_one_line(str(problem)) for problem in islice(found, _MOST))
    except (Exception, SystemExit) as error:  # noqa: BLE001 — a plugin may fail in any way
        problems.insert(0, on_one_line(f"the check failed with {type(error).__name__}: {error}"))
    return problems
