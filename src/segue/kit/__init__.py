"""The ground floor: knows nothing of music."""
