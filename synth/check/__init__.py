"""Finished outputs read back: verified and counted."""
