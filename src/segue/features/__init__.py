"""Features: one modality a file, each a matrix and a presence mask in catalogue order."""
