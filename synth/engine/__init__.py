"""One run, from a recipe to committed tables and their manifest."""
