"""P(a listener plays this track to its end), learnt where the log knows it exactly."""
