"""What turns text, sound and speech into vectors or words."""
