"""From overrides to a recipe: composed, typed, validated."""
