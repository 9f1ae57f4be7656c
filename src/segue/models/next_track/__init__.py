"""Next-track recommenders that need no training loop: strong simple baselines from the listening log."""
