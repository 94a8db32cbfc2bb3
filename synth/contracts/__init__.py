"""The contracts that plugins implement, and what the host hands to them."""
