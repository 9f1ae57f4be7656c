"""What is named, and refused by name, as evidence for tracks."""

from __future__ import annotations

import numpy as np
import polars as pl

from segue.data.catalogue import Turn
from segue.data.library import Library
from segue.data.request import Request
from segue.models.retrieval.named import FADES, NAMED, OFFERED, named_in


def test_names_of_a_dialogue_are_evidence() -> None:
    artists = ["Stevie Wonder", "Stevie Wonder", "Daft Punk", "Metallica"]
    titles = ["Superstition", "Sir Duke", "One More Time", "One"]
    tracks = pl.DataFrame({"track_id": list("abcd"), "title": titles, "artist": artists})
    named = named_in(Library.of(tracks).catalogue)
    said = ("play one more time", "no more metallica", "more steve wonder")
    asked = Request(messages=tuple(Turn("user", text) for text in said))
    requests = [asked, Request(messages=(Turn("user", "something calm"),))]
    found = {name: named.score(name, requests) for name in NAMED}
    np.testing.assert_allclose(found["named_artist"][0], [1, 1, 0, 0])
    np.testing.assert_allclose(found["named_title"][0], [0, 0, 0, 0])
    np.testing.assert_allclose(found["named_before"][0], [0, 0, FADES**2, 0])
    np.testing.assert_allclose(found["unwanted"][0], [0, 0, 0, FADES])
    assert not any(scores[1].any() for scores in found.values())


def test_a_composer_is_all_of_the_albums_and_a_refusal_in_german_is_one() -> None:
    albums = ["Vivaldi: The Four Seasons", "Vivaldi: Gloria", "Kind of Blue"]
    tracks = pl.DataFrame(
        {"track_id": list("abc"), "title": ["Spring", "Gloria", "So What"], "album": albums}
    )
    tracks = tracks.with_columns(artist=pl.Series(["I Musici", "Choir", "Miles Davis"]))
    named = named_in(Library.of(tracks).catalogue)
    requests = [
        Request(messages=(Turn("user", t),)) for t in ("some Vivaldi please", "kein Miles Davis mehr")
    ]
    np.testing.assert_allclose(named.score("named_artist", requests), [[1, 1, 0], [0, 0, 0]])
    np.testing.assert_allclose(named.score("unwanted", requests), [[0, 0, 0], [0, 0, 1]])


def test_what_the_last_answer_names_and_has_not_played_is_an_offer() -> None:
    artists, titles = ["Poison", "Aerosmith", "Aerosmith"], ["Fallen Angel", "Dream On", "Crazy"]
    tracks = pl.DataFrame({"track_id": list("abc"), "title": titles, "artist": artists})
    named = named_in(Library.of(tracks).catalogue)
    begins = (Turn("user", "something loud"), Turn("music", "b"))
    offer, other = Turn("assistant", "That was Dream On. Some Poison now?"), Turn("assistant", "Enjoy!")
    ends = (Turn("user", "yes please"),)
    requests = [
        Request(messages=begins + said + ends)
        for said in ((offer,), (offer, other), (), (Turn("assistant", "Dream On or Crazy, by Aerosmith?"),))
    ]
    found = {name: named.score(name, requests) for name in OFFERED}
    np.testing.assert_allclose(found["offered_artist"], [[1, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]])
    np.testing.assert_allclose(found["offered_title"], [[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 1]])
