"""Visitors of a web shop: sessions, the paths through them, and what they look at and buy."""

from synth.generators.clickstream.config import ClickstreamConfig
from synth.generators.clickstream.generator import ClickstreamGenerator

__all__ = ["ClickstreamConfig", "ClickstreamGenerator"]
