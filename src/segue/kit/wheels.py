"""Models that come inside an installed package."""

import importlib.util
from pathlib import Path


def in_wheel(package: str, inside: str) -> Path | None:
    """A file or folder of an installed package, which is never imported; None where it is not there."""
    spec = importlib.util.find_spec(package)
    places = (spec.submodule_search_locations if spec else None) or []
    return next((Path(p) / inside for p in places if (Path(p) / inside).exists()), None)
