"""The listening log: completion ratios, sessions, splits, and the arrays that sequential models read."""
