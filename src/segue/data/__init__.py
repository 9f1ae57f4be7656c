"""What is known: read once, shared by everything after it."""
