"""Adding what a source yields to a workspace."""
