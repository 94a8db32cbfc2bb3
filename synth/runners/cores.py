"""How many cores there are, and how many blocks are made on them."""

import os
from typing import Annotated

from pydantic import Field

Workers = Annotated[int | None, Field(ge=1, le=1024, description="blocks made at a time; null: all cores")]
"""What a runner on this machine's cores is told."""


def cores() -> int:
    """The cores that this process may use; macOS tells only how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
