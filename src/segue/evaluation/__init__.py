"""Evaluation: protocols, metrics, significance, reports."""
