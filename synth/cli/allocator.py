"""Has the threads of a command share the C library's memory, so that what one lets go of another takes."""

#: glibc's parameter for the most arenas that there are, and how many are enough: what threads ask for here are whole
#: columns, so that they seldom ask at the same time.
_M_ARENA_MAX = -8
_ARENAS = 2


def share_arenas() -> None:
    """Ends glibc's habit of an arena a thread; of any other C library nothing is changed.

    Each arena keeps what was freed at its end, and keeps more once large arrays were freed, as those of a plan are:
    with 2,500,000 planned fraud rows and two workers that is 100 of 650 MB. For the process of a command alone, which
    is synth's own, and before its first thread.
    """
    import ctypes

    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(_M_ARENA_MAX, _ARENAS)
