"""Finds the options that go with the rest of a recipe, by trying them."""

from collections.abc import Callable, Collection, Iterator, Sequence

from synth.config.compose import Composed, with_option
from synth.config.compose.roots import option_names
from synth.errors import ConfigError, MissingColumn, Problem


def try_options(composed: Composed, group: str) -> Iterator[tuple[str, Composed | ConfigError]]:
    """Yields each option of a group with the configuration in which it is chosen, or why that does not compose."""
    for option in option_names(composed.roots, group):
        try:
            yield option, with_option(composed, group, option)
        except ConfigError as error:
            yield option, error


ColumnsMade = dict[str, Collection[str]]
"""Each option of ``generator`` that composes → the own columns of the generator; empty until somebody has looked."""


def with_cures(
    problems: Sequence[Problem],
    composed: Composed,
    columns_of: Callable[[Composed], Collection[str]],
    made: ColumnsMade,
) -> list[Problem]:
    """The problems, those of columns that another generator makes taken together, with its name.

    Args:
        columns_of: the own columns of a configuration's generator; none where it is wrong.
        made: what generators make, looked at once; noted here.
    """
    missing = [problem for problem in problems if isinstance(problem, MissingColumn)]
    wanted = {problem.source for problem in missing}
    if missing and not made:
        tried = try_options(composed, "generator")
        made |= {option: columns_of(other) for option, other in tried if isinstance(other, Composed)}
    makers = [option for option, columns in made.items() if missing and wanted <= {*columns}]
    if not makers:
        return list(problems)
    kept = [problem for problem in problems if not isinstance(problem, MissingColumn)]
    return [*kept, _joined(missing, makers, composed)]


def _joined(missing: Sequence[MissingColumn], makers: Sequence[str], composed: Composed) -> Problem:
    names = list(dict.fromkeys(problem.source for problem in missing))
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    view, generator = (composed.choices[group] for group in ("columns", "generator"))
    return Problem(
        path="columns" if len(missing) > 1 else missing[0].path,
        message=f"columns={view} shows {shown}, which generator={generator} does not make",
        where=composed.chosen_at["columns"] if len(missing) > 1 else missing[0].where,
        hint=f"choose generator={' or generator='.join(makers)}, or another view",
    )


def idle_amount(composed: Composed) -> Iterator[Problem]:
    """Refuses a law that somebody wants for a generator that takes none."""
    if where := composed.deliberate.get(("amount", "generator")):
        message = f"amount has no effect: generator={composed.choices['generator']} has amounts of its own"
        yield Problem(path="amount", message=message, where=where, hint="leave it out, or choose another generator")
