"""A folder of music as a source."""
