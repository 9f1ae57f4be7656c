"""One model over histories: the state of the listening decides how much each piece of evidence counts."""
