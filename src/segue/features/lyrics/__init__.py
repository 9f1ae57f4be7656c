"""The lyrics modality: what a track's words say."""
