"""What people call from Python: recipes, runs, plans, finished outputs, looks."""
