"""The types of NumPy arrays, and how arrays are named.

A name ends in the axes of its array, a letter each: ``amount_t`` has a value for each transaction, ``rows_bk`` one for
each block and bucket. The letters:

========  ==================================================================================================
``_a``    city
``_b``    block of a run; an array of edges has one more
``_c``    card
``_d``    device; day of the window; payment that is due
``_e``    episode
``_f``    fraudulent event
``_g``    genuine purchase on the web
``_h``    hour of the day
``_i``    list that others point into; event in the order of cards
``_j``    trip; body or tail of a block
``_k``    category, bucket or another kind
``_l``    place where people live
``_m``    merchant
``_n``    step of the window; one of so many
``_o``    standing order
``_p``    terminal, a point of sale; product
``_r``    entry of a list; rank; reason
``_s``    segment; session; store; scenario; span of an episode on a card
``_t``    event of a block or an output, most often a transaction
``_u``    customer
``_v``    product that a session stops at
``_w``    weekday
========  ==================================================================================================

Where a letter may be several things, the legend of the module says which. The unit stands before the axes:
``time_us_t``, ``amount_minor_f``. ``_s`` is the unit seconds, too: where it is an axis as well, the unit is a word,
``first_second_s``, ``edge_seconds_n``.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Int8 = npt.NDArray[np.int8]
    Int16 = npt.NDArray[np.int16]
    Int32 = npt.NDArray[np.int32]
    Int64 = npt.NDArray[np.int64]
    UInt64 = npt.NDArray[np.uint64]
    Float = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]
    Bytes = npt.NDArray[np.uint8]
    Words = npt.NDArray[np.uint32]
    Values = npt.NDArray[Any]
    Numbers = npt.NDArray[np.int64 | np.int32 | np.int8 | np.float64]
else:  # nobody asks an annotation, and NumPy takes longer to load than many a command to run
    Int8 = Int16 = Int32 = Int64 = UInt64 = Float = Mask = Bytes = Words = Values = Numbers = Any
