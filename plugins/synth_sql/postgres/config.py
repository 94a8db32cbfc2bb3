"""The keys of sink=postgres."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from synth import Problem, RefusedError

SCHEMES = ("postgresql", "postgres")
"""What the uri of a database begins with."""


@dataclass(frozen=True, kw_only=True)
class PostgresConfig:
    """Tables in a PostgreSQL schema, filled by COPY and seen by others all at once."""

    kind: Literal["postgres"] = "postgres"
    uri: Annotated[str, Field(description="postgresql://user@host:port/database; its gaps come from PGHOST, PGUSER, …")]
    schema: Annotated[str, Field(min_length=1, description="the schema of the tables; it has to exist")]
    if_exists: Annotated[
        Literal["fail", "replace", "append"], Field(description="where a run is: refuse, replace, or add to it")
    ]
    keys: Annotated[bool, Field(description="whether tables get primary and foreign keys")]

    def problems(self) -> Iterator[Problem]:
        """Refuses a uri that is none, or that holds a password."""
        from synth_sql.postgres.address import Address

        try:
            Address.parse(self.uri, self.schema)
        except RefusedError as error:
            yield Problem(path="uri", message=str(error))


def taken_schema(config: PostgresConfig) -> list[tuple[str, ...]]:
    """The schema: whatever a run there does with the tables of another one, two at a time get into each other's way."""
    from synth_sql.postgres.address import Address

    return [("postgres", *Address.parse(config.uri, config.schema).steps)]
