"""Everything that learns runs here: loop, batches, validation, budget."""
