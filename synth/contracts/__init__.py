"""What a plugin may import: the contracts of its parts, and what they exchange."""
