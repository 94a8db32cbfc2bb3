"""How much memory a run needs, forecast from its recipe, and how much this machine has."""

import os
from dataclasses import dataclass
from pathlib import Path

from synth.config.recipe import Recipe
from synth.engine.plan import Plan
from synth.errors import RefusedError
from synth.wording import counted

# Peaks of processes that prepared a recipe (ru_maxrss, Python 3.11, numpy 2.4, pyarrow 26), 28 November 2026. A test
# holds the first four to a real process, within a factor.
#: Of the interpreter with all libraries; 100 MB where there are only cards, 220 MB with the shops of retail_us.
_BASE = 160_000_000
#: 5,000,000 instead of 50,000 cards: 304 MB more.
_CARD = 61
#: retail_us with 400,000 instead of 20,000 customers of a card each: 180 MB more, their cards among it.
_CUSTOMER = 420
#: card_chain with 1,000,000 instead of 13,500 fraud rows: 70 MB more; with 2,500,000: 163 MB.
_FRAUD_ROW = 71
#: The main job in blocks of 500,000 rows with two workers: 415 MB above its plan, three blocks at a time.
_BLOCK_ROW = 280
#: Blocks of fewer rows are nobody's advice.
_FEW_ROWS = 1000


@dataclass(frozen=True)
class Memory:
    """A forecast in bytes.

    Attributes:
        people: of the interpreter and everybody who exists: what is there before anything is planned.
        fraud: of planned fraud rows.
        blocks: of the blocks that workers make at a time.
        block: of one of them.
    """

    people: int
    fraud: int
    blocks: int
    block: int

    @property
    def driver(self) -> int:
        """Of the process that plans, and whose threads make blocks."""
        return self.people + self.fraud + self.blocks

    @property
    def worker(self) -> int:
        """Of a process that makes one block at a time: of the mapped plan it touches what falls into its block."""
        return self.people + self.block


def people_bytes(cards: int, customers: int) -> int:
    """What everybody takes, with the interpreter."""
    return _BASE + _CARD * cards + _CUSTOMER * customers


def forecast(recipe: Recipe, fraud_rows: int, blocks: int, most_rows: int) -> Memory:
    """The memory that a run needs.

    Args:
        fraud_rows: planned ones.
        blocks: how many there are.
        most_rows: of the largest block.
    """
    population, block = recipe.population, _BLOCK_ROW * most_rows
    people = people_bytes(population.cards, population.census().customers)
    at_once = min(recipe.runner.make().workers + 1, blocks)
    return Memory(people, _FRAUD_ROW * fraud_rows, block * at_once, block)


def forecast_plan(recipe: Recipe, plan: Plan) -> Memory:
    """The memory that a planned run needs."""
    return forecast(recipe, plan.planned_rows(), len(plan.rows_b), int(plan.rows_b.max()))


def machine_bytes() -> int:
    """The machine's memory, or what a container may have of it, whichever is less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.is_file() and (most := limit.read_text().strip()).isdecimal():
        total = min(total, int(most))
    return total


def refuse_crowd(recipe: Recipe, room: int) -> None:
    """Whether everybody fits, before anybody is drawn.

    Args:
        room: bytes that there are.

    Raises:
        RefusedError: they do not.
    """
    cards, customers = recipe.population.cards, recipe.population.census().customers
    needed = people_bytes(cards, customers)
    if needed <= room:
        return
    people = f" and {counted(customers, 'customer')}" if customers else ""
    fit = max(0, room - _BASE) * cards // (needed - _BASE)
    crowd = f"{counted(cards, 'card')}{people}"
    raise RefusedError(
        f"{crowd} take about {needed / 1e9:,.1f} GB of memory, and there are {room / 1e9:,.1f}",
        path="population.cards",
        hint=f"fewer of them (about {fit:,} cards would fit), or a machine that has more",
    )


def refuse_shortage(recipe: Recipe, plan: Plan, room: int) -> None:
    """Whether a planned run fits, before any of its rows is drawn.

    Args:
        room: bytes that there are.

    Raises:
        RefusedError: it does not; tells what takes how much, and what would fit.
    """
    needs = forecast_plan(recipe, plan)
    if needs.driver <= room:
        return
    left, rows = room - needs.people - needs.fraud, int(plan.rows_b.max())
    path, hint = "population.cards", "fewer cards, customers or fraud rows, or a machine that has more"
    if left >= 2 * needs.block:
        path, hint = "runner.workers", f"runner.workers={left // needs.block - 1} fits, as smaller block_rows do"
    elif left >= 2 * _BLOCK_ROW * _FEW_ROWS:
        fit = left // (2 * _BLOCK_ROW) // _FEW_ROWS * _FEW_ROWS
        path, hint = "block_rows", f"block_rows={fit} with runner.workers=1 fits"
    raise RefusedError(
        f"the run takes about {needs.driver / 1e9:,.1f} GB of memory, and there are {room / 1e9:,.1f}: "
        f"{needs.people / 1e9:,.1f} for who exists, {needs.fraud / 1e9:,.1f} for planned fraud rows, "
        f"{needs.blocks / 1e9:,.1f} for {counted(needs.blocks // needs.block, 'block')} of {rows:,} rows at a time",
        path=path,
        hint=hint,
    )
