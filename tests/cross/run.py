"""Makes and verifies presets with options of every group: ``make cross``.

Every preset with every option, and a seeded sample of every preset with two options of different groups. What is
refused stands in ``docs/combinations.md``, which ``--write`` writes; a refusal of two options for the reasons for which
one of them is refused alone does not stand there.
"""

import argparse
import os
import random
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.cross.combinations import ROWS, Choice, pairs, refusals, singles

PAGE = Path(__file__).resolve().parents[2] / "docs" / "combinations.md"
_HEAD = """\
# What goes with what

Every preset was made with every option of every group, each time {rows:,} rows that `synth verify` read back. What is
not listed here works; what is listed is refused with this message before anything is written. `synth list GROUP --with
experiment=tiny` asks for one recipe, your own files and plugins included. A clock with a pace was planned and one block
of it made; `sink=[csv_s3]`, which needs a cloud, was left out.

{refused:,} of {combinations:,} combinations are refused. (`make cross ARGS=--write` wrote this page.)

## Why so many

None of them is refused for the sake of a rule: what would be made is not what the words say, or cannot be made at all.
A combination counts once, for the first of these that is so:

{kinds}
What a preset sets for one of its own choices is without effect where you choose something else, so that it refuses
nothing. What it chooses stays: another population, generator or view instead would be a world that nobody asked for.
"""

#: Why combinations are refused, and what the refusals of a kind say, the deepest cause first.
_KINDS = {
    "nothing is written: there is no sink": "no sink is chosen",
    "the choice would be ignored: this generator has amounts of its own": "amount has no effect",
    "the generator is of people, and the population has only cards": "needs customers and merchants",
    "the generator does not know how these customers live": "nothing is known here of the population's customers",
    "the pattern needs what the world lacks: terminals, shops on the web, sessions": "it uses ",
    "clicks lead to purchases on the web, of which this world has none": "^clicks",
    "the view shows what the population does not have": "only known with|cannot be looked up",
    "the view shows what the generator does not make": "does not make|no event column",
    "the sink writes one file, which workers that write alone cannot": "^runner",
}

Combination = tuple[Choice, ...]
Found = tuple[Combination, tuple[str, ...], str]
"""A combination, why it is refused, and what went wrong instead of a refusal."""


def try_one(combination: Combination) -> Found:
    """The answer to one combination."""
    try:
        return combination, refusals(combination), ""
    except Exception as error:  # noqa: BLE001 — whatever it is, it is told with its combination
        return combination, (), f"{type(error).__name__}: {error}"


def _write_nowhere() -> None:
    """What sinks write to the standard output is not looked at."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def try_all(combinations: Sequence[Combination], jobs: int, seen: Callable[[Found], None]) -> None:
    """Asks all of them, some at a time."""
    with ProcessPoolExecutor(jobs, initializer=_write_nowhere) as pool:
        for found in pool.map(try_one, combinations, chunksize=4):
            seen(found)


def read_page() -> dict[Combination, tuple[str, ...]]:
    """The refusals that the page lists."""
    listed: dict[Combination, tuple[str, ...]] = {}
    combination: Combination = ()
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("- `"):
            combination = tuple(line.removeprefix("- `").removesuffix("`").split(" "))
            listed[combination] = ()
        elif line.startswith("  - "):
            listed[combination] += (line.removeprefix("  - "),)
    return listed


def _count_kinds(refused: Sequence[Sequence[str]]) -> str:
    """A table of how many combinations are refused for what.

    Raises:
        StopIteration: one is refused for something that no kind knows.
    """
    count = dict.fromkeys(_KINDS, 0)
    for reasons in refused:
        count[next(kind for kind, told in _KINDS.items() if any(re.search(told, reason) for reason in reasons))] += 1
    rows = "".join(f"| {kind} | {number} |\n" for kind, number in count.items() if number)
    return f"| refused, since | combinations |\n| --- | --- |\n{rows}"


def page(refused: Iterable[tuple[Combination, tuple[str, ...]]], combinations: int) -> str:
    """The page, by preset."""
    by_preset = defaultdict(list)
    total = 0
    for combination, reasons in refused:
        total += 1
        first = combination[0]
        by_preset[first if first.startswith("experiment=") else ""].append((combination, reasons))
    kinds = _count_kinds([reasons for each in by_preset.values() for _, reasons in each])
    parts = [_HEAD.format(rows=ROWS, refused=total, combinations=combinations, kinds=kinds)]
    for preset in sorted(by_preset):
        parts.append(f"\n## {preset.partition('=')[2] or 'No preset'}\n\n")
        for combination, reasons in by_preset[preset]:
            parts.append(f"- `{' '.join(combination)}`\n" + "".join(f"  - {reason}\n" for reason in reasons))
    return "".join(parts)


def main() -> int:
    """Tries, compares with the page, or writes it; 1 where something is not as it stands there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=300, help="how many pairs of options (default 300; -1: all)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="write docs/combinations.md")
    args = parser.parse_args()
    alone: dict[Combination, tuple[str, ...]] = {}
    wrong: list[str] = []
    started = time.perf_counter()

    def see_single(found: Found) -> None:
        combination, reasons, error = found
        alone[combination] = reasons
        if error:
            wrong.append(f"{' '.join(combination)}: {error}")

    try_all(singles(), args.jobs, see_single)
    refused = {combination: reasons for combination, reasons in alone.items() if reasons}
    print(f"{len(refused)} of {len(alone)} singles refused, {time.perf_counter() - started:.0f} s", file=sys.stderr)
    drawn = list(pairs())
    if args.pairs >= 0:
        drawn = random.Random(args.seed).sample(drawn, args.pairs)
    count = {"refused": 0, "for reasons of their own": 0}

    def see_pair(found: Found) -> None:
        combination, reasons, error = found
        *preset, one, other = combination
        known = {*alone[(*preset, one)], *alone[(*preset, other)]}
        count["refused"] += bool(reasons)
        count["for reasons of their own"] += not known >= {*reasons}
        if error:
            wrong.append(f"{' '.join(combination)}: {error}")

    try_all(drawn, args.jobs, see_pair)
    print(f"{len(drawn)} pairs: {count}, {time.perf_counter() - started:.0f} s", file=sys.stderr)
    if args.write:
        PAGE.write_text(page(refused.items(), len(alone)), encoding="utf-8")
    elif read_page() != refused:
        listed = read_page()
        others = [each for each in {*listed, *refused} if listed.get(each) != refused.get(each)]
        wrong += [f"{' '.join(each)}: docs/combinations.md says {listed.get(each)}" for each in others]
    print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
