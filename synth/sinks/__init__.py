"""Where the tables go, in which format, and the stores that hold the files."""
