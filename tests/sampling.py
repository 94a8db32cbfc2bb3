"""Sweeps over many instances of one kind: a sample of them in each run of the tests, all of them by ``make sweeps``."""

import os
import random
from collections.abc import Iterable
from typing import Any

import pytest

#: Whether all instances are asked for: ``make sweeps``.
FULL = os.environ.get("SYNTH_SWEEPS") == "full"


def sampled(cases: Iterable[Any], number: int) -> list[Any]:
    """So many of the cases, in their order and the same ones in every process; all of them where they are asked for.

    What it leaves out is of the kind of what it keeps: a fault that one of them finds, most of the others find, too.

    Returns:
        Parameters that are marked, so that ``make sweeps`` finds the tests that they belong to.
    """
    listed = list(cases)
    chosen = range(len(listed)) if FULL else sorted(random.Random(20220101).sample(range(len(listed)), number))
    return [_marked(listed[place]) for place in chosen]


def _marked(case: Any) -> Any:
    known = case if hasattr(case, "marks") else pytest.param(case)
    return pytest.param(*known.values, id=known.id, marks=(*known.marks, pytest.mark.sweep))
