"""On what a run runs."""
