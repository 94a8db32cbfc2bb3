"""My amount: say here what a purchase costs, and why."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from synth import AmountLaw, Spec, hookimpl

synth_api = ">=1.0,<2"


@dataclass(frozen=True, kw_only=True)
class MyAmountConfig:
    """One line that `synth list` and `synth describe` show."""

    kind: Literal["my_amount"] = "my_amount"
    typical: Annotated[int, Field(ge=1, le=10_000, description="mean price in whole major units")] = 30
    charm: Annotated[float, Field(ge=0, le=1, description="share of prices that end in .99")] = 0.4


class MyAmount(AmountLaw):
    """Exponential prices, some of them a cent below the next whole one."""

    def __init__(self, config: MyAmountConfig) -> None:
        self.config = config

    def draw(
        self, rows: int, *, rng: np.random.Generator, quota: npt.NDArray[np.int64] | None = None
    ) -> npt.NDArray[np.int64]:
        """(rows,) int64 cents, 1 at least."""
        cents = 1 + np.minimum(rng.exponential(self.config.typical * 100, rows), 1e9).astype(np.int64)
        charming = rng.random(rows) < self.config.charm
        return np.where(charming, cents // 100 * 100 + 99, cents)


@hookimpl
def synth_amounts() -> list[Spec]:
    """Tells synth about the law."""
    return [Spec(MyAmountConfig, MyAmount)]
