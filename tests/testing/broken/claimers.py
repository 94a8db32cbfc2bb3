"""Mistakes of claimers: edits of ``honest/marked.py``, for the checks that only they have."""

from tests.testing.edits import Edit

_ROWS = 'np.flatnonzero(streams.draw("rows", block).random(len(genuine.card_t)) < self.config.share)'
_RETURN = "        return Claims(row_r,"

EDITS = (
    Edit("idle", _ROWS, "np.empty(0, dtype=np.int64)", "test_it_claims_something", "0 of 20,000 rows are claimed"),
    Edit(
        "greedy",
        _ROWS,
        "np.arange(len(genuine.card_t))",
        "test_it_claims_something",
        "20,000 of 20,000 rows are claimed",
    ),
    Edit(
        "unknown_role",
        "np.zeros_like(row_r)",
        "np.ones_like(row_r)",
        "test_verify_finds_nothing_wrong",
        "claims role_r",
    ),
    Edit(
        "twice",
        _ROWS,
        "np.zeros(2, dtype=np.int64)",
        "test_verify_finds_nothing_wrong",
        "scenario 'marked': its injector Marked claims a row twice; that is an error in its code",
    ),
    Edit(
        "writes",
        _RETURN,
        f"        genuine.card_t[row_r] = 0\n{_RETURN}",
        "test_what_it_is_given_stays",
        "it writes into an array that it was given (block 0)",
    ),
    Edit(
        "rewrites",
        _RETURN,
        f"        genuine.card_t[:10] = 0\n{_RETURN}",
        "test_control_world_can_be_restored",
        "40 rows are not those of the control world (row 0, card_id)",
    ),
    Edit(
        "loops",
        _RETURN,
        f"        for card in genuine.card_t:\n            card + 1\n{_RETURN}",
        "test_no_loop_over_rows",
        "loops.py:",
    ),
    Edit(
        "keeps",
        _RETURN,
        f'        self.kept = [*getattr(self, "kept", []), genuine.amount_minor_t * 2]\n{_RETURN}',
        "test_memory_stays_flat_over_blocks",
        "",
    ),
    Edit(
        "same_places",
        _ROWS,
        "np.flatnonzero(genuine.number_t % 100 == 0)",
        "test_another_seed_other_claims",
        "seeds 1 and 2 claim the same 200 places in the run",
    ),
)
