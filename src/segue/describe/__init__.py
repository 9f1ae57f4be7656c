"""Whatever writes words about tracks: tempo and key, tags, transcripts, MGPHot."""
