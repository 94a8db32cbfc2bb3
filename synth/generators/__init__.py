"""Generators: genuine events, block by block."""
