"""Visitors of a web shop: sessions, the paths through them, and what they look at and buy."""
