"""What is named, and refused by name, as evidence for tracks."""

from __future__ import annotations

import numpy as np
import polars as pl

from segue.data.catalogue import Turn
from segue.data.library import Library
from segue.data.request import Request
from segue.models.retrieval.named import FADES, Named


def test_names_of_a_dialogue_are_evidence() -> None:
    artists = ["Stevie Wonder", "Stevie Wonder", "Daft Punk", "Metallica"]
    titles = ["Superstition", "Sir Duke", "One More Time", "One"]
    tracks = pl.DataFrame({"track_id": list("abcd"), "title": titles, "artist": artists})
    named = Named(Library.of(tracks).catalogue)
    said = ("play one more time", "no more metallica", "more steve wonder")
    asked = Request(messages=tuple(Turn("user", text) for text in said))
    found = named.scores([asked, Request(messages=(Turn("user", "something calm"),))])
    np.testing.assert_allclose(found["named_artist"][0], [1, 1, 0, 0])
    np.testing.assert_allclose(found["named_title"][0], [0, 0, 0, 0])
    np.testing.assert_allclose(found["named_before"][0], [0, 0, FADES**2, 0])
    np.testing.assert_allclose(found["unwanted"][0], [0, 0, 0, FADES])
    assert not any(scores[1].any() for scores in found.values())
