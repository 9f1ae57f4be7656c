"""What a recording sounds like: decoding in blocks, encoders, tempo and key, and the pass over many files."""
