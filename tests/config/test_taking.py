"""What runs take: who meets whom, against every pair compared."""

from hypothesis import given
from hypothesis import strategies as st

from synth.config.taking import Steps, meet, meeting, steps_of

PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map(tuple)


@given(st.lists(st.tuples(PATHS, st.integers(0, 4)), max_size=12))
def test_who_meets_is_who_takes_the_same_or_something_within(taken: list[tuple[Steps, int]]) -> None:
    pairs = {(one, other) for ours, one in taken for theirs, other in taken if one != other and meet(ours, theirs)}
    found = meeting(taken)
    assert all(any({one, other} <= takers for takers in found) for one, other in pairs)
    assert all(any(taker in pair for pair in pairs) for takers in found for taker in takers if len(takers) == 2)


def test_places_of_files_are_told_by_where_they_are() -> None:
    assert steps_of("/tmp/a/../b/") == steps_of("/tmp/b") == (*steps_of("/tmp")[:2], "b")
    assert steps_of("S3://bucket/x/y/") == ("s3", "bucket", "x", "y")
    assert steps_of("s3://bucket") == ("s3", "bucket")
