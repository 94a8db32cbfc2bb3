"""Merchants' names: those of companies, in the words of a country, no two alike."""

from typing import TYPE_CHECKING

import numpy as np

from synth.population.phrases import draw_phrases

if TYPE_CHECKING:
    import pyarrow as pa


def draw_names(count: int, locale: str, *, rng: "np.random.Generator") -> "pa.StringArray":
    """Draws names of companies. Twice as many as asked for are drawn; where these are too few different ones, the
    others are numbered.

    Args:
        locale: any Faker locale; what its providers lack comes from Faker's default, en_US.

    Returns:
        (count,) texts, no two alike.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    from faker import Faker

    fake = Faker(locale)
    fake.seed_instance(int(rng.integers(2**63)))
    drawn = draw_phrases(fake, "company", "company", "formats", 2 * count, rng=rng).render()
    # A number at the end would read like one of ours.
    drawn = pc.utf8_rtrim(drawn, " 0123456789")
    known = drawn.dictionary_encode()
    codes = known.indices.to_numpy()
    first = np.sort(np.unique(codes, return_index=True)[1])[:count]
    if len(first) == count:
        return drawn.take(pa.array(first))
    again = rng.integers(len(first), size=count - len(first))
    order = np.argsort(again, kind="stable")
    nth = np.empty(len(again), dtype=np.int64)
    nth[order] = np.arange(2, len(again) + 2) - np.searchsorted(again[order], again[order])
    numbered = pc.binary_join_element_wise(drawn.take(pa.array(first[again])), pa.array(nth).cast(pa.string()), " ")
    names = pa.concat_arrays([drawn.take(pa.array(first)), numbered])
    return names.take(pa.array(rng.permutation(count)))
