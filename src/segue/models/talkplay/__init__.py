"""TalkPlay: an LLM that reads a dialogue and generates the next track's music tokens."""
