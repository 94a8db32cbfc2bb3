"""The keys of sink=duckdb."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from synth import S3, S3Options


@dataclass(frozen=True, kw_only=True)
class DuckConfig:
    """A DuckDB database in one file."""

    kind: Literal["duckdb"] = "duckdb"
    uri: Annotated[str | None, Field(description="a directory or s3://bucket/prefix; null: the run directory")]
    keys: Annotated[bool, Field(description="whether tables get primary keys")]
    s3: S3 = field(default_factory=S3Options)
