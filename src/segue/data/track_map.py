"""Which tracks a model was made for: the first `n_tracks` of a catalogue, told by a hash of their ids.

A catalogue only grows at its end, so a model's row is the catalogue's row as long as the first tracks are the
same; tracks behind them came later. A catalogue that was made anew in another order is another catalogue.
"""

import hashlib
from typing import Any

from segue.data.catalogue import Catalogue
from segue.kit.errors import SegueError


def marks(catalogue: Catalogue) -> dict[str, Any]:
    """What a model's card says of its tracks: how many, and the hash of their ids in order."""
    return {"n_tracks": len(catalogue), "track_hash": _hash(catalogue, len(catalogue))}


def check(card: dict[str, Any], catalogue: Catalogue, where: str, made_by: str) -> None:
    """Raise where the catalogue does not begin with the tracks that the card tells of.

    Raises:
        SegueError: says so, and the verb that mends it.
    """
    n = int(card.get("n_tracks", 0))
    if n > len(catalogue) or ("track_hash" in card and card["track_hash"] != _hash(catalogue, n)):
        raise SegueError("was made for another catalogue", where, f"run `segue {made_by}` again")


def _hash(catalogue: Catalogue, n: int) -> str:
    text = "\0".join(catalogue.tracks["track_id"].head(n).to_list())
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
