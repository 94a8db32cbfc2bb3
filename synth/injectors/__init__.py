"""Injectors: fraud patterns as planned episodes, one file each."""
