"""What honest people do: genuine events, block by block."""
