"""How files are read, the same for every source: bytes to text, JSON, tables, cells and times."""
