"""Mistakes of amount laws: edits of ``honest/priced.py``."""

from tests.testing.broken.everywhere import CONFIGS, DEEDS
from tests.testing.edits import Edit

_SHUFFLE = "        rng.shuffle(minor)\n        return minor\n"


def returning(name: str, value: str, check: str, seen: str) -> Edit:
    """Another value of ``draw``."""
    return Edit(name, _SHUFFLE, f"        rng.shuffle(minor)\n        return {value}\n", f"test_{check}", seen)


def swapping(name: str, old: str, new: str, check: str, seen: str) -> Edit:
    """Other code in one place."""
    return Edit(name, old, new, f"test_{check}", seen)


DRAWS = (
    returning("float", "minor / 1", "amounts_are_int64_in_range", "float64 of shape (20000,), not int64"),
    returning("one_less", "minor[1:]", "amounts_are_int64_in_range", "int64 of shape (19999,)"),
    returning("refunds", "minor - 200", "amounts_are_int64_in_range", "amounts outside 0 to 9,999,999,999, e.g. -"),
    returning(
        "one_at_least",
        "np.resize(minor, max(1, rows)) if rows else np.ones(1, dtype=np.int64)",
        "no_rows_no_amounts",
        "1 amounts for no row",
    ),
    swapping(
        "unseeded_price",
        "rng.integers(100,",
        "np.random.default_rng().integers(100,",
        "same_stream_same_amounts",
        "the same stream draws other amounts (row ",
    ),
    returning(
        "constant",
        "np.random.default_rng(1).integers(100, 900, size=rows)",
        "same_stream_same_amounts",
        "another stream draws the same amounts",
    ),
    swapping("short_quota", "return deal_exactly(", "return -1 + deal_exactly(", "quotas_add_up", "not (4, k) int64"),
    swapping(
        "large_quota",
        "return deal_exactly(",
        "return 1 + deal_exactly(",
        "quotas_add_up",
        "a quota of 3,002 for 3,000 rows (block 0)",
    ),
    swapping(
        "own_shares",
        "return deal_exactly(split_exactly(int(rows_b.sum()), shares), rows_b, rng=rng)",
        "return np.array([rng.multinomial(rows, shares) for rows in rows_b])",
        "quotas_add_up",
        "in one (sums of the quotas)",
    ),
    swapping(
        "no_quota",
        "if quota is None else int(quota[1])",
        "if quota is None else rows // 9",
        "draws_keep_their_quota",
        "with all rows in part 0 and in part 1",
    ),
    swapping(
        "two_laws",
        "rng.binomial(rows, share)",
        "rng.binomial(rows, 2 * share)",
        "quota_or_not_is_one_law",
        "of the amounts drawn without a quota lie in the bin",
    ),
    swapping(
        "sorted",
        _SHUFFLE,
        "        return minor\n",
        "order_is_random",
        "of the amounts in the first half lie in the bin",
    ),
)

RUNS = (
    swapping(
        "unseeded_run",
        "rng.integers(100,",
        "np.random.default_rng().integers(100,",
        "same_seed_same_bytes",
        "made again, a block has",
    ),
    returning(
        "counting",
        'minor + next(self.__dict__.setdefault("drawn", __import__("itertools").count(1)))',
        "blocks_in_any_order",
        "made in reverse, a block has other bytes",
    ),
    returning(
        "threads",
        'minor + len(__import__("threading").current_thread().name)',
        "blocks_on_any_worker",
        "made on three workers, a block",
    ),
    swapping(
        "lambda",
        "        self.config = config\n",
        "        self.config = config\n        self.later = lambda: config\n",
        "blocks_in_another_process",
        "what makes the blocks does not pickle",
    ),
    returning(
        "too_dear",
        "minor + 10**15",
        "verify_finds_nothing_wrong",
        "ValueError: an amount reaches 100,000,000 major units",
    ),
)

COSTS = (
    returning(
        "loop",
        "np.array([int(a) for a in minor], dtype=np.int64)",
        "no_loop_over_rows",
        "most often 'return np.array([int(a) for a in minor]",
    ),
    returning(
        "square",
        "minor * (np.ones((rows, 1), dtype=bool) == minor).any()",
        "memory_grows_with_the_rows",
        "MiB at most for",
    ),
    returning(
        "slow",
        "minor * all(np.sort(minor)[0] >= 0 for _ in range(rows // 8))",
        "time_grows_with_the_rows",
        " s for ",
    ),
)

EDITS = (*CONFIGS, *DEEDS, *DRAWS, *RUNS, *COSTS)
