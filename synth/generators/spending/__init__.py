"""Genuine behaviour of people: how often they buy, when, what, where and for how much."""
