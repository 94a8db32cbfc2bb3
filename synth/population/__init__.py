"""The population: the entities of a run, small columnar tables made once, before the first event."""
