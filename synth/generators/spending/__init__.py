"""Genuine behaviour of people: how often they buy, when, what, where and for how much."""

from synth.generators.spending.config import SpendingConfig
from synth.generators.spending.generator import SpendingGenerator

__all__ = ["SpendingConfig", "SpendingGenerator"]
