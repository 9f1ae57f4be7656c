"""A made-up listening log."""
