"""The clock of a stream: each event's time to be sent."""
