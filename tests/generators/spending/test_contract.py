"""The generator against the kit that authors of generators use, with all that it can do."""

from synth.testing import GeneratorContract


class TestSpending(GeneratorContract):
    kind = "spending"
    overrides = (
        "population=retail_eu",
        "population.customers.number=1500",
        "generator.drift={day: '2022-01-25', rate: 1.2, online: 2, amount: 1.1, mix: {travel: 0.1}}",
    )
