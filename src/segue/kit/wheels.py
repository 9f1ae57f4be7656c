"""Where models come from: inside an installed package, or from the hub."""

import importlib.util
import socket
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies


def in_wheel(package: str, inside: str) -> Path | None:
    """A file or folder of an installed package, which is never imported; None where it is not there."""
    spec = importlib.util.find_spec(package)
    places = (spec.submodule_search_locations if spec else None) or []
    return next((Path(p) / inside for p in places if (Path(p) / inside).exists()), None)


@cache
def ask_hub() -> None:
    """Before a model is looked for at the hub: where its host is not known here, its client is set offline.

    It would ask again for a minute and a half, in vain. What the hub's cache holds is found all the same.
    """
    from huggingface_hub import constants

    try:
        socket.getaddrinfo(urlsplit(constants.ENDPOINT).hostname, 443)
    except OSError:
        # A proxy may know the host.
        constants.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE or not getproxies()
