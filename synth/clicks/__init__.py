"""The clicks of people who pay by card: visits to web shops that lead to their purchases, and others."""

from synth.clicks.config import ClicksConfig, ShopVisits

__all__ = ["ClicksConfig", "ShopVisits"]
