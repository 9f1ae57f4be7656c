"""Tokens: features quantised to codes, codes written as music tokens, tuples looked up again."""
