"""Finds the options that go with the rest of a recipe, by trying them."""

from collections.abc import Callable, Iterator, Sequence

from synth.config.compose import Composed, with_option
from synth.config.compose.roots import option_names
from synth.errors import ConfigError, MissingColumn, Problem

Check = Callable[[Composed], Sequence[Problem]]
"""What is wrong with a composed configuration."""


def try_options(composed: Composed, group: str, check: Check) -> Iterator[tuple[str, Sequence[Problem]]]:
    """Yields each option of a group, and what is wrong with the recipe if it is chosen."""
    for option in option_names(composed.roots, group):
        try:
            other = with_option(composed, group, option)
        except ConfigError as error:
            yield option, error.problems
        else:
            yield option, check(other)


def with_cures(problems: Sequence[Problem], composed: Composed, check: Check) -> list[Problem]:
    """The problems, those of columns that another generator makes taken together, with its name.

    Nothing is guessed: a generator is named after it was tried. Where none makes the columns, each problem stays.
    """
    missing = [problem for problem in problems if isinstance(problem, MissingColumn)]
    if not missing:
        return list(problems)
    makers = [name for name, left in try_options(composed, "generator", check) if not _lacks(left, missing)]
    if not makers:
        return list(problems)
    kept = [problem for problem in problems if not isinstance(problem, MissingColumn)]
    return [*kept, _joined(missing, makers, composed)]


def _lacks(problems: Sequence[Problem], missing: Sequence[MissingColumn]) -> bool:
    """Whether the columns are still missing, or a mistake hides that."""
    wanted = {problem.source for problem in missing}
    return any(
        (isinstance(problem, MissingColumn) and problem.source in wanted) or problem.path.startswith("columns")
        for problem in problems
    )


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
