"""Columns and tables, declared; batches of their rows."""
