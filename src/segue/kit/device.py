"""Where tensors live: the one answer to "is there a GPU?"."""

import torch


def best_device() -> torch.device:
    """The GPU where there is one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
