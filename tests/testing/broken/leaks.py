"""Fraud patterns that give themselves away, and those that cost too much: edits of ``honest/pair.py``."""

from tests.testing.broken.patterns import AMOUNTS, injecting, planning, swapping

LEAKS = (
    swapping(
        "misspelt", "signal = ()", 'signal = ("amuont",)', "expected_signal_names_features", "did you mean 'amount'?"
    ),
    swapping(
        "id_signal",
        "signal = ()",
        'signal = ("event_id",)',
        "expected_signal_names_features",
        "'event_id' is no feature that can be declared",
    ),
    swapping(
        "silent_cents",
        "signal = ()",
        'signal = ("cents",)',
        "expected_signal_names_features",
        "'cents' are declared, and no docstring says what is about them",
    ),
    swapping("dear", AMOUNTS, f"{AMOUNTS} * 2", "amounts_do_not_leak", "amount_minor is "),
    planning(
        "cents",
        "amount_f = np.where(np.arange(2 * n) % 20 < 2, amount_f // 100 * 100 + 99, amount_f)",
        "amounts_do_not_leak",
        "cents is 99 in 10.5 % of the fraud rows",
    ),
    planning(
        "fives", "amount_f -= amount_f % 5 * (amount_f > 5)", "amounts_do_not_leak", "cents, modulo 5 is 0 in 99.8 %"
    ),
    swapping("early", "end_s - 3600", "start_s + 9 * 86_400", "times_do_not_leak", "time is less in fraud rows"),
    planning(
        "seconds", "time_s_f -= np.repeat(start_s_e % 60, 2)", "times_do_not_leak", "second of time is 0 in 53.3 % of"
    ),
    planning(
        "night",
        "time_s_f -= np.repeat(start_s_e % 86_400 // 21_600 * 21_600, 2)",
        "times_do_not_leak",
        "hour is less in fraud rows",
    ),
    swapping(
        "at_once", "end_s - 3600", "start_s + 9 * 86_400", "order_does_not_leak", "event_id is less in fraud rows"
    ),
    swapping(
        "few_cards", "(context.cards,", "(context.cards // 10,", "cards_do_not_leak", "card_id is less in fraud rows"
    ),
    swapping(
        "copies",
        AMOUNTS,
        'np.resize(np.sort(context.amount.draw(40, rng=streams.draw("amounts"))), 2 * n)',
        "repeats_do_not_leak",
        "other rows with this amount is more in fraud rows",
    ),
)

OWN = (
    swapping(
        "tag_of_its_own",
        "amount_f, role_f)",
        'amount_f, role_f, {"tag": np.ones(2 * n, dtype=np.int64)})',
        "own_columns_do_not_leak",
        "tag is web in 100 % of the fraud rows",
    ),
    swapping(
        "slips_in_order",
        "amount_f, role_f)",
        'amount_f, role_f, {"slip": np.arange(2 * n) * 1.0})',
        "own_columns_do_not_leak",
        "slip where weekday is ",
    ),
    swapping(
        "no_such_column",
        "amount_f, role_f)",
        'amount_f, role_f, {"tagg": np.arange(2 * n)})',
        "own_values_fit_the_generator",
        "the generator Tagged has no such column (column tagg)",
    ),
    swapping(
        "no_such_tag",
        "amount_f, role_f)",
        'amount_f, role_f, {"tag": np.arange(2 * n)})',
        "own_values_fit_the_generator",
        "column 'tag' names a category that does not exist",
    ),
)

COSTS = (
    planning(
        "loop",
        "amount_f = np.array([max(1, int(amount)) for amount in amount_f])",
        "no_loop_over_rows",
        "most often 'amount_f = np.array([max(1, int(amount)) for amount in amount_f])'",
    ),
    injecting(
        "inject_loop",
        "for event in range(len(here.time_us_f)):\n    here.amount_minor_f[event]",
        "no_loop_over_rows",
        "(pair_inject_loop.py:",
    ),
    planning("square", "(np.ones((n, 1)) == card_e).sum()", "memory_grows_with_the_rows", "MiB at most for"),
    planning("slow", "any(np.sort(card_e)[0] < 0 for _ in range(n // 8))", "time_grows_with_the_rows", " s for "),
    injecting(
        "keeping",
        'self.seen = [*getattr(self, "seen", []), here]',
        "memory_stays_flat_over_blocks",
        "bytes are kept after a third of the blocks",
    ),
)
