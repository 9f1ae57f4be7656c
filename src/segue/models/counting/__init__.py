"""Recommenders that count."""
