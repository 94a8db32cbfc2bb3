"""Configs of plugins may use what pydantic offers."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from synth.config.typed import read_config, schema_of


def even(number: int) -> int:
    if number % 2:
        raise ValueError("must be even")
    return number


@dataclass(frozen=True, kw_only=True)
class EvenConfig:
    """A config with a validator of its own."""

    kind: Literal["even"] = "even"
    number: Annotated[int, Field(ge=0, description="an even number"), AfterValidator(even)]


def test_a_validator_of_a_plugins_own() -> None:
    config, findings = read_config("scenario.x", EvenConfig, {"kind": "even", "number": 4})
    assert (config, findings) == (EvenConfig(number=4), [])
    _, [finding] = read_config("scenario.x", EvenConfig, {"kind": "even", "number": 3})
    assert finding.path == "scenario.x.number"
    assert "must be even" in finding.allowed_in_words
    assert "number" in schema_of(EvenConfig)["properties"]
