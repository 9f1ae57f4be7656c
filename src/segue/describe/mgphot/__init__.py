"""The 58 MGPHot attributes: rated, predicted, read."""
