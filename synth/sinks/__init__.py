"""Sinks: places and formats of the tables, and the stores that hold the files."""
