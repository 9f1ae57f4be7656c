"""The study of TalkPlay (arXiv 2502.13713): tables 2, 3, 4, figure 2, replies and ablations."""
