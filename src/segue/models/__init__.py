"""Recommenders: every one behind the contract in recommender.py."""
