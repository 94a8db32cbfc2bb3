"""When the events of a stream are due."""
