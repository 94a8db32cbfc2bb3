"""Mistakes that simulators make, one edit of an honest plugin each."""
