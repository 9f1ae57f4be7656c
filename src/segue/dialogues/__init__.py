"""Dialogues: their format, and the simulator that makes them from playlists."""
