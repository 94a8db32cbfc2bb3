"""Noise of a stream: rows that come late, twice or never, with an answer key."""
