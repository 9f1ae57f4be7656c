"""Understanding: what the words of a dialogue mean for a catalogue."""
