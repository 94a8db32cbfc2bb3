"""Mistakes of generators: edits of ``honest/tagged.py``."""

from tests.testing.broken.everywhere import CONFIGS, DEEDS
from tests.testing.edits import Edit

_RETURN = "        return Events(time_us_t, card_t, amount_t, own)\n"
_PLAN = "        return super().plan(world, streams=streams)\n"
_KEYS = 'rng = streams.draw("keys", block)'
_DRESSED = 'self.dress(len(fraud.card_t), self.config.ratio, streams.draw("own of fraud"))'
_COMPLETE = f"return fraud.completed({_DRESSED})"
_OWN = '{"tag": tag_t, "slip": slip_t}'


def generating(name: str, statement: str, check: str, seen: str) -> Edit:
    """One more statement in ``generate``."""
    return Edit(name, _RETURN, f"        {statement}\n{_RETURN}", f"test_{check}", seen)


def planning(name: str, changes: str, check: str, seen: str) -> Edit:
    """A plan with other values."""
    plan = f"        plan = super().plan(world, streams=streams)\n        return BlockPlan({changes})\n"
    return Edit(name, _PLAN, plan, f"test_{check}", seen)


def swapping(name: str, old: str, new: str, check: str, seen: str) -> Edit:
    """Other code in one place."""
    return Edit(name, old, new, f"test_{check}", seen)


def knowing(name: str, expected: str, check: str, seen: str) -> Edit:
    """Habits of busy and idle cards."""
    habits = f"""
    tells = ("habits",)

    def habits(self, plan, *, world, streams):
        from synth import Habits
        from synth.contracts.rhythms import lay_rhythm

        days = -(-world.timeline.seconds // 86_400)
        rhythm = lay_rhythm(world.timeline, np.ones((1, 24)), np.ones((1, days)))
        card_c = np.arange(world.cards)
        return Habits(rhythm, 0 * card_c, {expected}, lambda: card_c)

    def rows(self)"""
    return Edit(name, "\n    def rows(self)", habits, f"test_{check}", seen)


HABITS = (
    swapping(
        "telling",
        "    def rows(self)",
        '    tells = ("habits",)\n\n    def rows(self)',
        "habits_are_as_told",
        "it tells habits, and habits() knows nothing",
    ),
    knowing("short_habits", "np.ones(3)", "habits_are_as_told", "expected_c is no number of rows for each of"),
    knowing(
        "other_habits",
        "1.0 * card_c",
        "habits_are_those_of_the_rows",
        "cards of which it expects many have 5",
    ),
)

SAMENESS = (
    swapping(
        "unseeded_keys", _KEYS, "rng = np.random.default_rng()", "same_seed_same_bytes", "made again, a block has"
    ),
    generating(
        "counting",
        'self.blocks = getattr(self, "blocks", 0) + 1; amount_t = amount_t + self.blocks',
        "blocks_in_any_order",
        "made in reverse, a block has other bytes (block 0, table transactions, column tid)",
    ),
    generating(
        "threads",
        'amount_t = amount_t + len(__import__("threading").current_thread().name)',
        "blocks_on_any_worker",
        "made on three workers, a block has other bytes",
    ),
    swapping(
        "unpicklable_generator",
        "        self.config = config\n",
        "        self.config = config\n        self.later = lambda: config\n",
        "blocks_in_another_process",
        "what makes the blocks does not pickle",
    ),
    swapping(
        "constant_seed",
        _KEYS,
        "rng = np.random.default_rng(block)",
        "another_seed_other_events",
        "of the same times on the same cards (block 0)",
    ),
)

BLOCKS = (
    planning("edges", "plan.edge_s_b + 1, plan.rows_b, plan.quota_bk", "blocks_cover_the_window", "the edges go from"),
    planning(
        "one_more",
        "plan.edge_s_b, plan.rows_b + np.eye(1, len(plan.rows_b), dtype=np.int64)[0], plan.quota_bk",
        "rows_are_exact",
        "20,001 rows are planned, rows() tells 20,000 (column rows_b)",
    ),
    generating("one_less", "time_us_t = time_us_t[1:]", "rows_are_exact", "rows instead of"),
    generating("float", "amount_t = amount_t / 1.0", "events_are_columns", "it is float64 of shape ("),
    generating(
        "unsorted", "card_t = card_t[::-1]", "keys_are_sorted_and_distinct", "the events are not sorted (block 0"
    ),
    generating(
        "twice",
        "time_us_t[1], card_t[1] = time_us_t[0], card_t[0]",
        "keys_are_sorted_and_distinct",
        "two events share their second and card (block 0, rows 0 and 1)",
    ),
    generating(
        "other_keys", "card_t = (card_t + 1) % world.cards", "keys_alone_are_the_same", "(block 0, column card_t)"
    ),
    generating(
        "late", "time_us_t = time_us_t + 86_400_000_000 * 30", "events_lie_in_their_block", "events lie elsewhere"
    ),
    generating("no_card", "card_t = card_t + 7", "events_name_what_exists", "are outside 0 to 1,999"),
    generating("negative", "amount_t = amount_t - 200", "events_name_what_exists", "(block 0, column amount_minor_t)"),
    swapping(
        "left_out",
        _OWN,
        '{"tag": tag_t}',
        "own_columns_are_as_declared",
        "generate: column 'slip' is left out (block 0)",
    ),
    swapping(
        "empty", "slip_t = np.floor(", "slip_t = 1 / 0 * np.floor(", "own_columns_are_as_declared", "ZeroDivisionError"
    ),
    swapping(
        "no_fraud",
        _COMPLETE,
        "return fraud.completed({})",
        "own_columns_are_as_declared",
        "complete: column 'slip' is left out",
    ),
    swapping("taken_name", 'Entities("tags"', 'Entities("labels"', "entities_are_as_declared", "a table 'labels'"),
)

RUNS = (
    generating(
        "dishonest_order",
        "time_us_t = time_us_t + 1",
        "verify_finds_nothing_wrong",
        "is earlier than the row before it",
    ),
    generating("crowds_only", "assert rows > 3000", "any_block_size", "RunError: the generator failed: AssertionError"),
    swapping(
        "dressing",
        "slip_t = np.floor(rng.random(rows) * 1e6)",
        'self.dressed = getattr(self, "dressed", 0) + 1; slip_t = rng.random(rows) + self.dressed',
        "control_world_stays",
        "genuine rows are not those of the control world (mode add",
    ),
    swapping(
        "fraud_tag",
        _COMPLETE,
        f'return fraud.completed({{**{_DRESSED}, "tag": np.zeros(len(fraud.card_t), dtype=np.int64)}})',
        "completed_fraud_does_not_leak",
        "tag is chip in 100 % of the fraud rows",
    ),
    swapping(
        "fraud_null",
        _COMPLETE,
        f'return fraud.completed({{**{_DRESSED}, "tag": np.full(len(fraud.card_t), -1)}})',
        "completed_fraud_does_not_leak",
        "tag is empty is no in 0 % of the fraud rows",
    ),
    swapping(
        "fraud_slips",
        _COMPLETE,
        f'return fraud.completed({{**{_DRESSED}, "slip": np.arange(len(fraud.card_t)) + 1e6}})',
        "completed_fraud_does_not_leak",
        "slip is above ",
    ),
)

COSTS = (
    generating(
        "loop",
        "amount_t = np.array([int(a) for a in amount_t])",
        "no_loop_over_rows",
        "most often 'amount_t = np.array(",
    ),
    generating(
        "square", "(np.ones((rows, 1), dtype=bool) == card_t).sum()", "memory_grows_with_the_rows", "MiB at most for"
    ),
    generating("slow", "any(np.sort(card_t)[0] < 0 for _ in range(rows // 16))", "time_grows_with_the_rows", " s for "),
    generating(
        "whole_run", "np.arange(self.rows()).sum()", "memory_follows_the_block", "for a block of a run of four times"
    ),
    generating(
        "keeping", 'self.seen = [*getattr(self, "seen", []), card_t]', "memory_stays_flat_over_blocks", "bytes are kept"
    ),
)

EDITS = (*HABITS, *CONFIGS, *DEEDS, *SAMENESS, *BLOCKS, *RUNS, *COSTS)
