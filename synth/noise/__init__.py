"""What goes wrong on the way: rows of a stream that come late, twice or never, with an answer key."""
