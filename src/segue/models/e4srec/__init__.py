"""E4SRec with several modalities: soft track tokens, one pass of a language model, a score a track."""
