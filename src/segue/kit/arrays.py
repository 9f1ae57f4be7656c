"""The two kinds of array that pass between the stages; rows at unit length, and a hash of any array."""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = np.ndarray[Any, np.dtype[np.float32]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]


def unit(vectors: Floats) -> Floats:
    """The rows at length 1; rows of zeros stay as they are."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0))


def digest(*arrays: NDArray[Any]) -> str:
    """A 16-digit hash of every number of some arrays."""
    found = hashlib.blake2b(digest_size=8)
    for array in arrays:
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()
