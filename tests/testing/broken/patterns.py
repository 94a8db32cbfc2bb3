"""Mistakes of fraud patterns: edits of ``honest/pair.py``."""

from tests.testing.broken.everywhere import CONFIGS, DEEDS
from tests.testing.edits import Edit

_RETURN = "        return FraudEvents(episode_f,"
_INJECT = "        return super().inject(here)\n"
_VICTIMS = 'streams.draw("victims").integers(context.cards, size=n)'
AMOUNTS = 'context.amount.draw(2 * n, rng=streams.draw("amounts"))'


def planning(name: str, statement: str, check: str, seen: str) -> Edit:
    """One more statement in ``plan``."""
    return Edit(name, _RETURN, f"        {statement}\n{_RETURN}", f"test_{check}", seen)


def swapping(name: str, old: str, new: str, check: str, seen: str) -> Edit:
    return Edit(name, old, new, f"test_{check}", seen)


def injecting(name: str, statements: str, check: str, seen: str) -> Edit:
    """Other statements in ``inject``, in which ``here`` is a copy that may be changed."""
    lines = ["here = here.take(np.arange(len(here.time_us_f)))", *statements.split("\n"), "return super().inject(here)"]
    return Edit(name, _INJECT, "".join(f"        {line}\n" for line in lines), f"test_{check}", seen)


USES = (
    planning("unnamed_column", 'context.texts["tag"]', "what_it_uses_is_declared", "it does not plan without what"),
    planning(
        "unnamed_text", 'context.code("tag", "chip")', "what_it_uses_is_declared", "it uses the column tag, which"
    ),
)

SAMENESS = (
    swapping(
        "unseeded_victims",
        _VICTIMS,
        "np.random.default_rng().integers(context.cards, size=n)",
        "same_seed_same_bytes",
        "made again, a block has other bytes (block 0, table transactions, column ",
    ),
    injecting(
        "counting",
        'self.blocks = getattr(self, "blocks", 0) + 1\nhere.amount_minor_f[:] += self.blocks',
        "blocks_in_any_order",
        "made in reverse, a block has other bytes (block 0, table transactions, column tid)",
    ),
    injecting(
        "threads",
        'here.amount_minor_f[:] += len(__import__("threading").current_thread().name)',
        "blocks_on_any_worker",
        "made on three workers, a block has other bytes",
    ),
    swapping(
        "unpicklable_injector",
        "        self.config = config\n",
        "        self.config = config\n        self.later = lambda: config\n",
        "blocks_in_another_process",
        "what makes the blocks does not pickle: AttributeError: Can't pickle local object",
    ),
    swapping(
        "forgetful",
        _INJECT,
        '        here.amount_minor_f[:] += getattr(self, "copied", 0)\n'
        f"{_INJECT}\n"
        "    def __setstate__(self, state: dict[str, object]) -> None:\n"
        "        self.__dict__.update(state, copied=1)\n",
        "blocks_in_another_process",
        "made in another process, a block has other bytes",
    ),
    swapping(
        "scribbling",
        _INJECT,
        f"        self.seen[0] += 1\n{_INJECT}\n"
        "    seen = np.zeros(9)\n\n"
        "    def __getstate__(self) -> dict[str, object]:\n"
        '        return vars(self) | {"seen": np.zeros(9)}\n',
        "blocks_in_another_process",
        "in another process scenario 'pair': its injector Pair failed: ValueError: assignment destination is read-only",
    ),
    swapping(
        "constant_seed",
        _VICTIMS,
        "np.random.default_rng(7).integers(context.cards, size=n)",
        "another_seed_another_plan",
        "seeds 1 and 2 plan the same 2",
    ),
    swapping(
        "reseeded",
        'streams.draw("starts")',
        'Streams(0, "starts").draw("starts")',
        "another_seed_another_plan",
        "starts of episodes",
    ),
    injecting(
        "crowds_only",
        "here = here.take(slice(0 if len(here.time_us_f) < 35 else None))",
        "any_block_size",
        "RunError: block 0 has",
    ),
)

PLANS = (
    swapping(
        "int32",
        "amount_f, role_f)",
        "amount_f.astype(np.int32), role_f)",
        "plan_has_its_columns",
        "1-dimensional int32",
    ),
    swapping(
        "gaps", "FraudEvents(episode_f,", "FraudEvents(episode_f * 2,", "plan_has_its_columns", "are numbered 0 to"
    ),
    swapping("short", "amount_f, role_f)", "amount_f, role_f[1:])", "plan_has_its_columns", "(column role_f)"),
    swapping("no_event", "// 2\n", "// 2 * 0\n", "plan_has_its_columns", "it plans no event at all"),
    swapping(
        "no_card", "(context.cards,", "(2 * context.cards,", "events_name_what_exists", "a value outside 0 to 1,999"
    ),
    swapping("no_role", "np.arange(2), n)", "np.arange(1, 3), n)", "events_name_what_exists", "(column role_f, row 1)"),
    swapping(
        "late", "end_s - 3600", "end_s + 86_400", "events_lie_in_the_window", "outside the window, e.g. at 2022-03-0"
    ),
    swapping("fractions", "* 1_000_000", "* 1_000_000 + 1", "events_lie_in_the_window", "lie between two seconds"),
    planning("two_cards", "card_f = (card_f + role_f) % context.cards", "an_episode_has_one_card", "is on two cards"),
    swapping("one_second", "(60, 3600,", "(0, 2,", "an_episode_has_one_card", "has two events in one second"),
    planning(
        "twice",
        "card_f[2:4], time_s_f[2:4] = card_f[:2], time_s_f[:2]",
        "no_row_is_owned_twice",
        "4 events share their second and card (rows 0 and 2, card ",
    ),
)

TRUTH = (
    swapping("complaining", "!= 2).any", "!= 3).any", "verify_finds_nothing_wrong", "is no pair (scenario pair)"),
    injecting(
        "lost_label",
        "here = here.take(np.r_[1, 1 : len(here.time_us_f)])\nhere.time_us_f[0] += 1_000_000",
        "every_planned_event_is_labelled",
        "events differ, the first is planned and not labelled (episode ",
    ),
    injecting("cheaper", "here.amount_minor_f[:1] += 1", "episodes_are_complete", ", column amount_minor)"),
    planning(
        "amount_law",
        "context.amount.low_k[:] += 1",
        "control_world_stays",
        "genuine rows are not those of the control world (mode add",
    ),
    swapping(
        "mode",
        'config.mode == "replace"',
        "False",
        "control_world_stays",
        "its config says replace, the injector's replaces is False",
    ),
)

EDITS = (*USES, *CONFIGS, *DEEDS, *SAMENESS, *PLANS, *TRUTH)
