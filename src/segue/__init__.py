"""segue: music recommendation that one can talk to."""

import os

__version__ = "0.1.0"

# Beside a busy neighbour, threads that spin while they wait make small products ten times slower. Read by the
# OpenMP runtime when it is loaded, so before torch.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
