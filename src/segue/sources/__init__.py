"""Sources: one importer a file, each from somebody's format to the four tables."""
