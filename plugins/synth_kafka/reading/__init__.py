"""Streams read back, for ``synth verify``; it shares no code with what made the messages."""
