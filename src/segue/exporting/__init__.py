"""Data out of a workspace: a data set for the Hub, and the rows of TalkPlayData."""
