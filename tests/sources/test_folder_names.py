"""What file and folder names say of a track."""

from __future__ import annotations

import pytest

from segue.sources.folder.names import Named, from_names


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Song.mp3", Named("Song")),
        ("Band - Song.mp3", Named("Song", "Band")),
        ("Some_Band_-_The_Song.mp3", Named("The Song", "Some Band")),
        ("Karl-Heinz - A - B.mp3", Named("A - B", "Karl-Heinz")),
        ("07 - Song.mp3", Named("Song", track_no=7)),
        ("07 Song.mp3", Named("Song", track_no=7)),
        ("7. Song.mp3", Named("Song", track_no=7)),
        ("2-07 Song.mp3", Named("Song", track_no=7, disc_no=2)),
        ("07 - Band - Song.mp3", Named("Song", "Band", track_no=7)),
        ("Band - LP - 07 - Song.mp3", Named("Song", "Band", "LP", track_no=7)),
        ("Band - 07 - Song.mp3", Named("Song", "Band", track_no=7)),
        ("99 Luftballons.mp3", Named("99 Luftballons")),
        ("1979.mp3", Named("1979")),
        ("24-7.mp3", Named("24-7")),
        ("Band/LP/07 - Song.mp3", Named("Song", "Band", "LP", track_no=7)),
        ("Band/LP (1999)/Song.mp3", Named("Song", "Band", "LP", 1999)),
        ("Band/1999 - LP/CD 2/07 - Song.mp3", Named("Song", "Band", "LP", 1999, 7, 2)),
        ("Band - LP [2001]/07 Song.mp3", Named("Song", "Band", "LP", 2001, 7)),
        ("Band/Song.mp3", Named("Song", "Band")),
        ("LP/07 - Song.mp3", Named("Song", None, "LP", track_no=7)),
        ("mixed/Band - Song.mp3", Named("Song", "Band")),
        (" - .mp3", Named("-")),
        ("1999/x.mp3", Named("x", "1999")),
    ],
)
def test_names(path: str, expected: Named) -> None:
    assert from_names(path.split("/")) == expected
