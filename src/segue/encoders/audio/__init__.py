"""Audio encoders, one network a file."""
