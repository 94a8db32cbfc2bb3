"""An honest amount law, which the broken ones are edits of: small and large prices in exact shares."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from synth import AmountLaw, Spec, hookimpl
from synth.rng import deal_exactly, split_exactly


@dataclass(frozen=True, kw_only=True)
class PricedConfig:
    """Small and large prices."""

    kind: Literal["priced"] = "priced"
    ratio: Annotated[float, Field(gt=0, le=0.5, description="a share")] = 0.01
    mode: Annotated[Literal["replace", "add"], Field(description="replace or add")] = "add"


class Priced(AmountLaw):
    """The law."""

    def __init__(self, config: PricedConfig) -> None:
        self.config = config

    def plan(self, rows_b: npt.NDArray[np.int64], *, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """Exact shares, dealt to the blocks."""
        shares = [0.9 - self.config.ratio, 0.1 + self.config.ratio]
        return deal_exactly(split_exactly(int(rows_b.sum()), shares), rows_b, rng=rng)

    def draw(
        self, rows: int, *, rng: np.random.Generator, quota: npt.NDArray[np.int64] | None = None
    ) -> npt.NDArray[np.int64]:
        """Uniform inside the two ranges."""
        ratio = self.config.ratio
        share = 0.1 + ratio
        large = int(rng.binomial(rows, share)) if quota is None else int(quota[1])
        minor = np.concatenate([rng.integers(100, 5_000, size=rows - large), rng.integers(5_000, 90_000, size=large)])
        rng.shuffle(minor)
        return minor


@hookimpl
def synth_amounts() -> list[Spec]:
    """The law."""
    return [Spec(PricedConfig, Priced)]
