"""Feed: JSON Lines segments in a directory, written, read and compared."""
