"""Recommenders that look up words and vectors."""
